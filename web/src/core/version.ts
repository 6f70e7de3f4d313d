/** The library's version, the same as its package's. */
export const version = '0.1.0';
