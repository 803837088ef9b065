/**
 * Bytes: more than the kernel's buffers take on the way to a client that reads nothing, with a switch in between, too, so
 * that the server is still at its answer.
 */
export const BEYOND_BUFFERS = 64 * 1024 * 1024;
