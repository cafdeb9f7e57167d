import { join } from "node:path";

/**
 * Where the processes that tests start keep what they compiled: the tests start hundreds, of the same few files.
 * https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
 */
export const NODE_COMPILE_CACHE = join(
  import.meta.dirname,
  "..",
  "..",
  "node_modules",
  ".cache",
  "node-compile-cache",
);
