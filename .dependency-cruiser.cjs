// Who may import whom. Data flows one way: functions → http, events → domain ← aws.
const only = (name, from, allowed) => ({
  name,
  severity: "error",
  from: { path: from },
  to: { path: "^(src|scripts|tests)/", pathNot: [from, "^src/generated/", ...allowed] },
});

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    only("domain-knows-only-itself", "^src/domain/", []),
    only("aws-knows-domain", "^src/aws/", ["^src/domain/", "^src/config\\.ts$", "^src/log\\.ts$"]),
    only("net-knows-domain", "^src/net/", ["^src/domain/"]),
    only("http-knows-domain-and-aws", "^src/http/", [
      "^src/domain/",
      "^src/aws/",
      "^src/config\\.ts$",
      "^src/log\\.ts$",
    ]),
    only("events-know-domain-and-aws", "^src/events/", [
      "^src/domain/",
      "^src/aws/",
      "^src/net/",
      "^src/config\\.ts$",
      "^src/log\\.ts$",
      // What goes wrong is counted in one way, whoever brought it.
      "^src/http/metrics\\.ts$",
    ]),
    only("functions-know-http-events-domain-and-aws", "^src/functions/", [
      "^src/http/",
      "^src/events/",
      "^src/domain/",
      "^src/aws/",
      "^src/net/",
      "^src/config\\.ts$",
      "^src/log\\.ts$",
    ]),
    only("generated-knows-nothing", "^src/generated/", []),
    {
      name: "domain-knows-no-aws-package",
      severity: "error",
      from: { path: "^src/domain/" },
      to: { path: "node_modules/(@aws-sdk|@smithy|@middy|aws-jwt-verify)" },
    },
    {
      name: "functions-do-not-import-each-other",
      severity: "error",
      from: { path: "^src/functions/([^/]+/[^/]+)$" },
      to: { path: "^src/functions/", pathNot: "^src/functions/$1$" },
    },
    {
      name: "local-aws-imports-nothing-from-src",
      severity: "error",
      from: { path: "^scripts/local-aws/" },
      to: { path: "^src/" },
    },
    {
      name: "production-imports-no-scripts-or-tests",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(scripts|tests)/" },
    },
    {
      name: "no-development-package-in-production",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "only-gates-make-tenants",
      severity: "error",
      from: {
        path: "^src/",
        pathNot:
          "^src/(http/token-verifier|http/internal-endpoint|domain/hooks/receive-hook|events/webhook-router|domain/webhooks/waiting-delivery)\\.ts$",
      },
      to: {
        path: "^src/domain/access/verified-tenant\\.ts$",
        dependencyTypesNot: ["type-only"],
      },
    },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
