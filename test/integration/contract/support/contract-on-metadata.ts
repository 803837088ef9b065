import { quietGrpc } from '@lading/rpc';
import type { RegistryPorts } from '@lading/rpc/contract';
import type { TestDatabase } from '@lading/testing';
import { type LosingProxy, startLosingProxy } from './losing-proxy.js';
import {
  connectMetadata,
  createRegistryDatabase,
  DEFINITIONS,
  metadataInProcess,
  type RunningMetadata,
  serveMetadata,
} from './metadata-server.js';
import { tableContents } from './table-contents.js';

quietGrpc();

type Reach = 'in the process' | 'over gRPC' | 'over gRPC that loses the first answer of every call';

/**
 * Runs a port's suite on each way to reach `metadata`, each on a database of its own, and holds the rows that are left
 * to those of the plain run: a call that was sent twice must have done its work once.
 */
export function contractOnMetadata(contract: (ports: () => RegistryPorts) => void): void {
  const left = new Map<Reach, Record<string, string[]>>();

  const on = (reach: Reach) =>
    describe(reach, () => {
      let database: TestDatabase;
      let opened: Opened;

      beforeAll(async () => {
        database = await createRegistryDatabase();
        opened = await open(reach, database.url);
      });
      afterAll(async () => {
        if (database) left.set(reach, await tableContents(database.url));
        await opened?.close();
        await database?.drop();
      });

      contract(() => opened.ports);
      if (reach.includes('loses')) {
        it('has lost answers', () => expect(opened.proxy?.lost()).toBeGreaterThan(5));
      }
    });

  on('in the process');
  on('over gRPC');
  on('over gRPC that loses the first answer of every call');

  describe('the rows that are left', () => {
    it.each<Reach>(['over gRPC', 'over gRPC that loses the first answer of every call'])('are the same %s', (reach) => {
      const plain = left.get('in the process');
      expect(Object.values(plain ?? {}).flat().length).toBeGreaterThan(0);
      expect(left.get(reach)).toEqual(plain);
    });
  });
}

type Opened = RunningMetadata & { proxy?: LosingProxy };

async function open(reach: Reach, url: string): Promise<Opened> {
  if (reach === 'in the process') return metadataInProcess(url);
  const server = await serveMetadata(url);
  const proxy = reach === 'over gRPC' ? undefined : await startLosingProxy(server.address, DEFINITIONS);
  const client = connectMetadata({ address: proxy?.address ?? server.address });
  const close = async () => {
    await client.close();
    proxy?.close();
    await server.close();
  };
  return { ports: client.ports, proxy, close };
}
