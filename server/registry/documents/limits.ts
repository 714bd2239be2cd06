const MIB = 1024 * 1024;

/** Largest manifest we read; registries take no larger ones. */
export const MAX_MANIFEST_BYTES = 4 * MIB;
/** Largest image configuration we read. */
export const MAX_CONFIG_BYTES = 8 * MIB;
