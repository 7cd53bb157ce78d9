/**
 * The way to a provider of the tenant's and back, as far as it is the browser's: going there, remembering by which one somebody comes in
 * here, and telling the other windows when one of them has proved who sits at this desk.
 */
import type { ProviderPage, SignInProvider } from '#contract';
import { api } from './api.js';

const REMEMBERED = 'omnidesk.single-sign-on';

/** The provider by which people come in at this browser. */
export interface RememberedProvider extends SignInProvider {
  key: string;
}

/** By which provider somebody last came in here; null where nobody did. */
export function rememberedProvider(): RememberedProvider | null {
  try {
    const kept = JSON.parse(localStorage.getItem(REMEMBERED) ?? 'null') as Partial<RememberedProvider> | null;
    const { key, name, tenantName } = kept ?? {};
    return typeof key === 'string' && typeof name === 'string' && typeof tenantName === 'string' ? { key, name, tenantName } : null;
  } catch {
    // Storage is forbidden, or holds something else: then nobody is remembered.
    return null;
  }
}

/** Offer this provider on the sign-in page of this browser from now on; null: none. */
export function rememberProvider(provider: RememberedProvider | null): void {
  try {
    if (provider === null) localStorage.removeItem(REMEMBERED);
    else localStorage.setItem(REMEMBERED, JSON.stringify(provider));
  } catch {
    // Without storage the sign-in link goes on working.
  }
}

export function signInPath(key: string, tail = ''): string {
  return `/api/session/single-sign-on/${encodeURIComponent(key)}${tail}`;
}

/** Go to the provider's page; the browser comes back at an address of ours. Errors: ApiError. */
export async function goToProvider(path: string, body: object = {}): Promise<void> {
  const { url } = await api.post<ProviderPage>(path, body);
  window.location.assign(url);
}

const proofs = typeof BroadcastChannel === 'function' ? new BroadcastChannel('omnidesk-proof') : null;

/** Prove in a window of its own who one is, so that nothing on this screen is lost. Errors: ApiError. */
export async function proveInWindow(providerId: string): Promise<void> {
  // Opened at once: a browser lets a click open a window, and not an answer that comes later.
  const opened = window.open('about:blank', '_blank', 'popup,width=520,height=680');
  try {
    const { url } = await api.post<ProviderPage>(`/api/session/confirm/providers/${encodeURIComponent(providerId)}`, {});
    if (opened) opened.location.replace(url);
    else window.location.assign(url);
  } catch (error) {
    opened?.close();
    throw error;
  }
}

/** Tell the other windows of this browser that it was proved who sits here. */
export function tellProved(): void {
  proofs?.postMessage('proved');
}

/** Be told when another window proved it. Returns how to stop. */
export function onProvedElsewhere(listener: () => void): () => void {
  proofs?.addEventListener('message', listener);
  return () => proofs?.removeEventListener('message', listener);
}
