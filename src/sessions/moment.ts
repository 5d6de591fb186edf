const FORM = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Reads a time with its offset, or a day (its midnight in UTC), as ISO 8601 writes them; undefined for all else. */
export function parseMoment(text: string): Date | undefined {
  const [whole, year, month, day] = FORM.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const moment = new Date(text);
  // The 30th of February would be read as the 2nd of March.
  const daysOfMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number.isNaN(moment.getTime()) || Number(day) > daysOfMonth ? undefined : moment;
}
