import { createServer } from "node:net";
import { StartRefused } from "./settings.ts";

/** Rejects with {@link StartRefused} when one of the ports is taken. @param ports by the variable that sets them */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  for (const [variable, port] of Object.entries(ports))
    if (!(await isFree(port)))
      throw new StartRefused(`port ${port} is taken; stop what listens there, or set ${variable}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
