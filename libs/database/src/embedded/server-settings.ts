/** Sized for one machine that also runs Lading itself; a caller may override each. */
const defaults: Readonly<Record<string, string>> = {
  shared_buffers: '128MB',
  max_connections: '100',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  wal_level: 'replica',
  max_wal_size: '1GB',
  // A transaction that its client forgot would hold row locks and keep dead rows alive.
  idle_in_transaction_session_timeout: '60s',
  // Rows by key: compiling plans never pays, and reads need no worker processes.
  jit: 'off',
  io_method: 'sync',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // A client killed in the middle of a statement gives up its locks within a second, not at the statement's end.
  ...(process.platform === 'linux' ? { client_connection_check_interval: '1s' } : {}),
};

/** The arguments of the `postgres` program: unix socket only, in a directory that nobody else may enter. */
export function serverArguments(
  pgData: string,
  socketDir: string,
  overrides: Readonly<Record<string, string>> = {},
): string[] {
  const settings = {
    ...defaults,
    ...overrides,
    listen_addresses: '',
    unix_socket_directories: `"${socketDir}"`,
    unix_socket_permissions: '0700',
  };
  return ['-D', pgData, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
