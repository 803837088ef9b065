/** Of a blob or manifest. */
export interface NotifiedDescriptor {
  readonly mediaType?: string | undefined;
  readonly digest?: string | undefined;
  readonly size?: number | undefined;
  readonly artifactType?: string | undefined;
}

/** What happened to what. Fields that are undefined are left out (EVT-05, EVT-12). */
export interface NotifiedTarget extends NotifiedDescriptor {
  /** The same as `size`, for old receivers. */
  readonly length?: number | undefined;
  readonly repository: string;
  readonly fromRepository?: string | undefined;
  readonly url?: string | undefined;
  readonly tag?: string | undefined;
  readonly references?: readonly object[] | undefined;
}

/** One event in the CNCF format (media type `application/vnd.docker.distribution.events.v2+json`). */
export interface Notification {
  /** A UUID; the same in each delivery. */
  readonly id: string;
  readonly timestamp: string;
  readonly action: 'pull' | 'push' | 'mount' | 'delete';
  readonly target: NotifiedTarget;
  readonly request: {
    readonly id: string;
    readonly addr?: string | undefined;
    readonly host?: string | undefined;
    readonly method: string;
    readonly useragent: string;
  };
  readonly actor: { readonly name?: string | undefined };
  readonly source: { readonly addr?: string | undefined; readonly instanceID?: string | undefined };
}
