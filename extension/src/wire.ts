/** Taking apart what came over the wire: whatever it is, the answer has the type that was asked for. */

/** The value as an object; an empty one when it is none. */
export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The value as a list of objects. */
export function asList(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(asRecord) : [];
}

/** The value as text; "" when it is none. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The value as text; `null` when it is none, or empty. */
export function textOrNull(value: unknown): string | null {
  return text(value) || null;
}

/** The texts of a list. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** The value as a finite number. */
export function numberOr<T>(value: unknown, fallback: T): number | T {
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}
