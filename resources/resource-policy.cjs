// From where the API may be called: its resource policy, and whether it is private. API Gateway weighs the
// policy together with the authorizers' answers: behind a Lambda authorizer or IAM an Allow of either is
// enough. So nothing here ever allows /admin or /internal; it only denies them to whoever comes from elsewhere.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html

const { isIP } = require("node:net");
const { listOf } = require("./lists.cjs");

/** Paths behind a Cognito authorizer, and those open to all (/v1/hooks): once there is a policy, it must allow them. */
const ALLOWED = ["/v1/*", "/users", "/users/*"];

// By name: in an ARN `*` reaches over slashes, so that `*/users` would be `GET/admin/users` as well.
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const on = (stage, ...paths) =>
  METHODS.flatMap((method) => paths.map((path) => `execute-api:/${stage}/${method}${path}`));

function statement(Effect, Resource, Condition) {
  const anyone = { Effect, Principal: "*", Action: "execute-api:Invoke", Resource };
  return Condition ? { ...anyone, Condition } : anyone;
}

/** Throws for what is no range: API Gateway would refuse it only when the stage is deployed. */
function cidrs(name, value) {
  const ranges = listOf(value);
  for (const range of ranges) {
    const [address, bits, more] = range.split("/");
    const longest = isIP(address) === 4 ? 32 : 128;
    if (
      isIP(address) === 0 ||
      more !== undefined ||
      (bits !== undefined && !(/^\d+$/.test(bits) && bits <= longest))
    )
      throw new Error(`the parameter ${name} has ${range}, which is no address range such as 192.0.2.0/24`);
  }
  return ranges;
}

/** Throws for what is no id. */
function endpoints(name, value) {
  const ids = listOf(value);
  const strange = ids.find((id) => !/^vpce-[0-9a-f]{8,17}$/.test(id));
  if (strange !== undefined)
    throw new Error(`the parameter ${name} has ${strange}, which is no id of a VPC endpoint`);
  return ids;
}

/**
 * What is allowed only to some: denied to a call that comes neither from the ranges nor by the endpoints. The
 * conditions of one statement must all hold, and one on a key that is not there does: a call from outside has
 * no endpoint.
 */
function onlyFrom(resources, { ranges, endpointIds }, addressKey) {
  if (ranges.length === 0 && endpointIds.length === 0) return [];
  return [
    statement("Deny", resources, {
      ...(ranges.length > 0 && { NotIpAddress: { [addressKey]: ranges } }),
      ...(endpointIds.length > 0 && { StringNotEquals: { "aws:SourceVpce": endpointIds } }),
    }),
  ];
}

/** @param lists the stage's parameters: address ranges and ids of VPC endpoints */
function statementsOf(stage, lists) {
  const { vpcEndpointIds, deniedCidrs, deniedVpcEndpointIds } = lists;
  const everything = [`execute-api:/${stage}/*`];
  // What comes through a VPC endpoint has its address under another key.
  const addressKey = vpcEndpointIds.length > 0 ? "aws:VpcSourceIp" : "aws:SourceIp";
  const denied = [
    ...onlyFrom(everything, { ranges: [], endpointIds: vpcEndpointIds }, addressKey),
    ...(deniedCidrs.length > 0
      ? [statement("Deny", everything, { IpAddress: { [addressKey]: deniedCidrs } })]
      : []),
    ...(deniedVpcEndpointIds.length > 0
      ? [statement("Deny", everything, { StringEquals: { "aws:SourceVpce": deniedVpcEndpointIds } })]
      : []),
    ...onlyFrom(on(stage, "/admin/*"), lists.admin, addressKey),
    ...onlyFrom(on(stage, "/internal/*"), lists.internal, addressKey),
  ];
  return denied.length === 0 ? [] : [statement("Allow", on(stage, ...ALLOWED)), ...denied];
}

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  const rangesOf = async (name) => cidrs(name, await resolveVariable(`param:${name}`));
  const endpointsOf = async (name) => endpoints(name, await resolveVariable(`param:${name}`));
  const vpcEndpointIds = await endpointsOf("vpcEndpointIds");
  const statements = statementsOf(stage, {
    vpcEndpointIds,
    deniedCidrs: await rangesOf("deniedCidrs"),
    deniedVpcEndpointIds: await endpointsOf("deniedVpcEndpointIds"),
    admin: { ranges: await rangesOf("adminCidrs"), endpointIds: await endpointsOf("adminVpcEndpointIds") },
    internal: {
      ranges: await rangesOf("internalCidrs"),
      endpointIds: await endpointsOf("internalVpcEndpointIds"),
    },
  });
  const isPrivate = vpcEndpointIds.length > 0;
  return {
    statements,
    endpointType: isPrivate ? "PRIVATE" : "REGIONAL",
    vpcEndpointIds: isPrivate ? vpcEndpointIds : null,
  };
};
