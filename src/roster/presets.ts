/** Rosters that ship with Muster, as `rosters/presets/NAME.yaml`; each holds the floor but `minimal`. */
export const presetNames = ['minimal', 'local-canary', 'general', 'coding', 'research', 'hybrid'] as const;
