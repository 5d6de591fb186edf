const FORM = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Parses an ISO 8601 time with an offset, or a date (midnight in UTC); undefined for anything else. */
export function parseMoment(text: string): Date | undefined {
  const [whole, year, month, day] = FORM.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const moment = new Date(text);
  // JavaScript parses 30 February as 2 March.
  const daysOfMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number.isNaN(moment.getTime()) || Number(day) > daysOfMonth ? undefined : moment;
}
