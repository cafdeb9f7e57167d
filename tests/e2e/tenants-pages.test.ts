import { beforeAll, describe, expect, it } from "@jest/globals";
import { Command } from "../support/command.ts";
import { demoPlace } from "../support/demo-stack.ts";
import { newMachine } from "../support/operator.ts";

const LIMIT_MILLISECONDS = 60_000;

const tenants = (...args: string[]) => Command.run(demoPlace(), "tenants.ts", "--json", ...args);

let slug: string;
beforeAll(async () => {
  ({ slug } = (await newMachine("trial")).tenant);
  for (const change of ["suspend", "resume", "suspend"])
    expect((await tenants(change, slug, "--yes")).code).toBe(0);
}, LIMIT_MILLISECONDS);

describe("the command line reads the audit log", () => {
  it(
    "page by page, by the cursor that it names, and all at once",
    async () => {
      const all = await tenants("audit", "--tenant", slug, "--all");
      const records = JSON.parse(all.stdout);
      expect([records.length, all.stderr]).toEqual([8, ""]);

      const pages: object[] = [];
      for (let cursor: string[] = []; ; ) {
        const { stdout, stderr } = await tenants("audit", "--tenant", slug, "--limit", "3", ...cursor);
        pages.push(...JSON.parse(stdout));
        const [, next] = /--cursor (\S+)/.exec(stderr) ?? [];
        if (next === undefined) break;
        cursor = ["--cursor", next];
      }
      expect(pages).toEqual(records);
    },
    LIMIT_MILLISECONDS,
  );

  it("and says of a cursor that is none that it is none", async () => {
    const { code, stdout, stderr } = await tenants("audit", "--cursor", "frob");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("The cursor is not one of this list.");
  });
});

describe("the command line lists tenants", () => {
  const slugs = async (...args: string[]) => {
    const { stdout } = await tenants("list", ...args);
    return (JSON.parse(stdout) as { slug: string }[]).map((tenant) => tenant.slug);
  };

  it(
    "that fit, or all of them",
    async () => {
      expect(await slugs("--slug-prefix", slug, "--status", "suspended", "--plan", "trial")).toEqual([slug]);
      expect(await slugs("--slug-prefix", slug, "--status", "active")).toEqual([]);
      expect(await slugs()).toEqual(expect.arrayContaining([slug, "skyways"]));
    },
    LIMIT_MILLISECONDS,
  );

  it("and knows which states and plans there are", async () => {
    for (const option of [
      ["--status", "gone"],
      ["--plan", "gold"],
    ])
      expect(await tenants("list", ...option)).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("Allowed choices are"),
      });
  });
});
