// Whether the HTTP API is closed. It has neither web ACL nor resource policy and cannot be private, so a private
// stage has none that anyone could call, and any stage can do without by `httpApi: off`.

const { listOf } = require("./lists.cjs");

module.exports = async ({ resolveVariable }) => {
  const isPrivate = listOf(await resolveVariable("param:vpcEndpointIds")).length > 0;
  return { closed: isPrivate || (await resolveVariable("param:httpApi")) === "off" };
};
