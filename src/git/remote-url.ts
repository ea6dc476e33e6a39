import { isAbsolute } from 'node:path';
import { visible } from '../model/visible.ts';

/** Ways to reach a remote that run nothing but git's own programs and ssh. */
export const transports = ['file', 'git', 'http', 'https', 'ssh'] as const;

/** Why an address is not fetched from, or `null`: a URL, an absolute path, or `user@host:path`, none of which can be an option. */
export function urlFault(url: string): string | null {
  if (url === '') return 'it is empty';
  if (visible(url) !== url || /\s/u.test(url)) return 'it has white space or characters that cannot be shown';
  const scheme = /^([A-Za-z0-9+.-]*):\/\//.exec(url)?.[1];
  if (scheme !== undefined) {
    return transports.some((name) => name === scheme) ? null : `${scheme}:// is none of ${transports.join(', ')}`;
  }
  if (isAbsolute(url) || /^(?:[^-/:@][^/:@]*@)?[^-/:@][^/:@]*:(?!:)./u.test(url)) return null;
  return url.includes('::')
    ? 'it names a program that would be run'
    : 'it is no URL, no absolute path, and not of the form user@host:path';
}

/** An address without user, password, query and fragment: any of them may be a credential. */
export const shownUrl = (url: string): string =>
  visible(url)
    .replace(/^([A-Za-z0-9+.-]+:\/\/)[^/]*@/, '$1')
    .replace(/(:\/\/[^?#]*)[?#].*$/, '$1');
