/** The records of what operators did. Those that events made come when they come. */
export function byOperators<Entry extends object>(records: readonly Entry[]): Entry[] {
  return records.filter((record) => !("eventId" in record));
}
