const MIB = 1024 * 1024;

/** Largest manifest that is read; registries accept no larger ones. */
export const MAX_MANIFEST_BYTES = 4 * MIB;
/** Largest image configuration that is read. */
export const MAX_CONFIG_BYTES = 8 * MIB;
