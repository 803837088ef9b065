import type { FeedEvent } from '@lading/events';
import type { ManifestPort } from '@lading/rpc';
import type { Endpoint } from './endpoint.js';
import { type Notice, noticesOf } from './notices.js';
import type { Notification } from './notification.js';
import { derivedId, toNotification } from './notification.mapper.js';
import { referencesOf } from './references-of.js';
import type { Usernames } from './usernames.js';

/** What an event is for one endpoint: nothing, one notification or several. */
export class MakeNotifications {
  constructor(
    private readonly manifests: Pick<ManifestPort, 'getManifestBody'>,
    private readonly usernames: Usernames,
  ) {}

  /** Ids depend on the event and not on what is ignored. */
  async execute(event: FeedEvent, endpoint: Pick<Endpoint, 'ignore' | 'references'>): Promise<Notification[]> {
    const numbered = noticesOf(event).map((notice, n) => ({ notice, id: derivedId(event.id, n) }));
    const wanted = numbered.filter(({ notice }) => isWanted(notice, endpoint.ignore));
    const made: Notification[] = [];
    for (const { notice, id } of wanted) {
      const name = await this.usernames.of(notice.principal);
      const references = endpoint.references ? await this.references(notice) : undefined;
      made.push(toNotification(id, notice, { name, references }));
    }
    return made;
  }

  /** None once the manifest is gone. */
  private async references({ manifestId }: Notice): Promise<object[] | undefined> {
    if (manifestId === undefined) return undefined;
    const { body } = await this.manifests.getManifestBody({ manifestId });
    return body && referencesOf(body);
  }
}

function isWanted({ action, target, request }: Notice, ignore: Endpoint['ignore']): boolean {
  const { mediaTypes, actions, methods } = ignore;
  if (actions.includes(action)) return false;
  if (target.mediaType !== undefined && mediaTypes.includes(target.mediaType)) return false;
  return request === undefined || !methods.includes(request.method);
}
