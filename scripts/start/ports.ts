import { createServer } from "node:net";

/** Throws an Error naming the first port that something else listens on. */
export async function requireFreePorts(ports: ReadonlyMap<string, number>): Promise<void> {
  for (const [variable, port] of ports)
    if (!(await isFree(port)))
      throw new Error(`port ${port} is taken; stop what listens there, or set ${variable} to another`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
