import type { DemoCredentials, DemoFile } from "../../scripts/demo/demo-file.ts";
import { Machine } from "./machine.ts";
import { readDemo, type StackPlace } from "./running-stack.ts";

/** The stack that the global set-up has started for all end-to-end tests. */
export function demoPlace(): StackPlace {
  const place = process.env.GATEHOUSE_TEST_PLACE;
  if (!place) throw new Error("the end-to-end tests' stack was not started");
  return JSON.parse(place);
}

export function demo(): DemoFile {
  return readDemo(demoPlace());
}

export function demoTenant(slug: string): DemoCredentials {
  const tenant = demo().tenants.find((candidate) => candidate.slug === slug);
  if (!tenant) throw new Error(`there is no demo tenant ${slug}`);
  return tenant;
}

export function signIn(slug: string): Promise<Machine> {
  return Machine.signIn(demo(), demoTenant(slug));
}
