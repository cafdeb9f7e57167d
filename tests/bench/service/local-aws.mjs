// The framework takes plugins only from inside the service's folder.
import LocalAwsPlugin from "../../../scripts/local-aws/plugin.ts";

// biome-ignore lint/style/noDefaultExport: the framework wants a default export
export default class extends LocalAwsPlugin {}
