import type { Context } from "aws-lambda";
import type { Person } from "../domain/access/person.ts";
import type { Step } from "./gate.ts";

/** What the steps of the gate for people find out, each for those after it. */
export interface PersonContext extends Context {
  person: Person;
}

/** A step of the gate for people. */
export type PersonGateStep = Step<PersonContext>;
