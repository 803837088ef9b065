export { type BasicCredentials, parseBasic } from './basic-credentials.js';
export { redirectRule, s3OptionsOf, s3Rule } from './blob-rules.js';
export { BoundedMap, type BoundedMapOptions } from './bounded-map.js';
export { ByteCache } from './byte-cache.js';
export { canonicalIp } from './client/canonical-ip.js';
export { type ClientView, clientOf } from './client/client-view.js';
export { IpNetworks } from './client/ip-networks.js';
export { ConfigError } from './config-error.js';
export { drain, isLarge } from './drain.js';
export { closeFront, createFront, type FrontRoute, type HttpListener, listenOn } from './http-front.js';
export {
  type ConfigOf,
  type ConfigSpec,
  type Environment,
  type LoadOptions,
  loadConfig,
  variableNames,
} from './load-config.js';
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from './logger.js';
export { isLoopbackHost } from './loopback.js';
export { type Figure, Metrics } from './metrics/metrics.js';
export { type MetricsAccess, metricsListener } from './metrics/metrics-listener.js';
export { operationFront } from './metrics/operation-front.js';
export { processMetrics } from './metrics/process-metrics.js';
export {
  bool,
  byteSize,
  directory,
  duration,
  grpcTarget,
  listenHost,
  networks,
  oneOf,
  type Parser,
  port,
  postgresUrl,
  secretText,
  textLike,
  timerDuration,
  url,
  wholeNumber,
} from './parsers.js';
export { answerPlainly } from './plain-answer.js';
export { SAFE_HEADERS } from './safe-headers.js';
export { Secret } from './secret.js';
export { required, type Setting, setting } from './setting.js';
export { grpcLoopbackRule, knownVariables, publicUrlRule, settings } from './settings.js';
export { createShutdown, type Shutdown, type ShutdownHost, type ShutdownOptions } from './shutdown.js';
export { SingleFlight } from './single-flight.js';
export { sleep } from './sleep.js';
export { uuidV7 } from './uuid-v7.js';
