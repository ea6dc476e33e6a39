/** Versioned JSON for scripts; ends with a line break. */
export const renderJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
