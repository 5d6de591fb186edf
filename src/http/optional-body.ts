const OPTIONAL_BODY = Symbol('optional body');

/** Notes that a request may come without the body that this class describes; an empty one stands for it then. */
export function markOptionalBody(dto: object): void {
  Reflect.defineMetadata(OPTIONAL_BODY, true, dto);
}

/** Whether a request may come without the body that this class describes. */
export function isOptionalBody(dto: object): boolean {
  return Reflect.hasMetadata(OPTIONAL_BODY, dto);
}
