const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Common Log Format time, e.g. `20/Nov/2026:15:36:00 +0000`. @param epochMilliseconds */
export function clfTime(epochMilliseconds: number): string {
  const time = new Date(epochMilliseconds);
  return `${two(time.getUTCDate())}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}:${clock(time)} +0000`;
}

/** The form in which a Cognito authorizer hands on `exp` and `iat`, e.g. `Fri Nov 20 15:36:00 UTC 2026`. */
export function claimTime(epochSeconds: number): string {
  const time = new Date(epochSeconds * 1000);
  return `${DAYS[time.getUTCDay()]} ${MONTHS[time.getUTCMonth()]} ${two(time.getUTCDate())} ${clock(time)} UTC ${time.getUTCFullYear()}`;
}

function clock(time: Date): string {
  return `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
