import { DataSource, type EntityTarget, type MigrationInterface, type ObjectLiteral } from 'typeorm';
import { answerTimeout, connectionLimits, type DatabaseAddress } from './create-pool.js';

export type DataSourceSettings = DatabaseAddress & {
  /** The service's own schema. Its tables, and the record of its migrations, live there. */
  readonly schema: string;
  /** For a data source that migrates: its statements may take as long as they need. */
  readonly migrations?: readonly (new () => MigrationInterface)[];
  readonly entities?: readonly EntityTarget<ObjectLiteral>[];
  /** The most connections open at once; 5 unless told. */
  readonly max?: number;
  /** Shown in pg_stat_activity; the schema unless told. */
  readonly applicationName?: string;
  /** Milliseconds after which the server ends a statement (57014); 30,000 unless told. */
  readonly statementTimeout?: number;
};

/** A TypeORM data source, not initialised yet, for one service's schema. It never changes tables by itself. */
export function createDataSource(settings: DataSourceSettings): DataSource {
  const { schema, migrations, max = 5, applicationName = schema, statementTimeout } = settings;
  return new DataSource({
    type: 'postgres',
    ...address(settings),
    schema,
    poolSize: max,
    applicationName,
    extra: { ...connectionLimits(statementTimeout), ...(migrations ? {} : answerTimeout(statementTimeout)) },
    entities: [...(settings.entities ?? [])] as never,
    migrations: [...(migrations ?? [])],
    migrationsTableName: 'migrations',
    synchronize: false,
    logging: false,
    // Errors are thrown to the caller; TypeORM's default logger would print them to the console as well.
    logger: 'debug',
    // gen_random_uuid() is built in; several processes that install an extension at once get in each other's way.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
  });
}

function address(settings: DatabaseAddress) {
  if ('url' in settings) return { url: settings.url };
  const { host, port, user, database } = settings.connection;
  return { host, port, username: user, database };
}
