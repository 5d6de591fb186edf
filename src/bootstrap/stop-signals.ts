/** What asks for a stop in order. SIGHUP is sent when the terminal is closed. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
