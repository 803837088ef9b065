/** What a start tells its user. */
export interface Banner {
  readonly url: string;
  readonly admin: string;
  /** Where the password is: a generated one is shown once on a terminal, else in its file; `known` is to its user. */
  readonly password: { readonly shown: string } | { readonly file: string } | 'configured' | 'not configured' | 'known';
}

/** The lines on stdout once the registry answers; the first one is relied upon by scripts. */
export function bannerLines({ url, admin, password }: Banner): string[] {
  const host = new URL(url).host;
  return [
    `Lading is ready at ${url}`,
    '',
    `  Admin     ${admin}`,
    `  Password  ${passwordLine(password)}`,
    '',
    '  Try it:',
    `    docker login ${host} -u ${admin}`,
    `    docker tag alpine:latest ${host}/team/app:latest`,
    `    docker push ${host}/team/app:latest`,
    '',
  ];
}

function passwordLine(password: Banner['password']): string {
  if (password === 'configured') return 'as set in LADING_ADMIN_PASSWORD';
  if (password === 'not configured') {
    return 'as it was before: LADING_ADMIN_PASSWORD is another, and is for the first start alone';
  }
  if (password === 'known') return 'as it was at the first start';
  return 'shown' in password ? `${password.shown}   (shown this once)` : `in ${password.file}`;
}
