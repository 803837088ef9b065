import { Unsupported } from '@lading/oci';

/** A known path with a method it does not have (HTTP-07). */
export class MethodNotAllowed extends Unsupported {
  constructor(readonly allow: readonly string[]) {
    super(`this path has ${allow.join(', ')}`);
  }
}
