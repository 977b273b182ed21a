import { withoutProxyHere } from "../../host.ts";
import type { Fief, KnownSession } from "../../provider/fief.ts";
import type { ProviderMetadata } from "../../provider/metadata.ts";
import { PROXY_VARIABLES, withoutPassword } from "../../proxy.ts";
import { variable } from "../../signin/environment.ts";
import { addressesOf, isAddressHere } from "./addresses.ts";
import type { IsolatedFiefOptions } from "./isolated_fief.ts";
import type { Setup } from "./messages.ts";
import { METADATA_NEEDED, ProviderThread } from "./provider_thread.ts";

/** What a call goes by. */
export interface SideCall {
  /** What the server says about itself, where that is known. */
  known?: ProviderMetadata | undefined;
  /** What is known of the session. */
  session?: KnownSession | undefined;
  signal?: AbortSignal | undefined;
}

/** The Worker of one client: started when it is needed, and replaced where the provider turns out to be at more addresses. */
export class ProviderSide {
  readonly #fief: Fief;
  readonly #options: IsolatedFiefOptions;
  #thread: ProviderThread | undefined;
  #exemptions = 0;
  #restore: (() => void) | undefined;

  constructor(fief: Fief, options: IsolatedFiefOptions) {
    this.#fief = fief;
    this.#options = options;
  }

  /** Starts the Worker ahead of its use. */
  prepare(session?: KnownSession): void {
    this.#reaching(addressesOf(this.#fief.baseUrl, session));
  }

  /** @returns `undefined` where the method needs what the server says about itself, which was not known. */
  async call(
    method: string,
    args: unknown[],
    { known, session, signal }: SideCall,
  ): Promise<{ value: unknown } | undefined> {
    const thread = this.#reaching(addressesOf(this.#fief.baseUrl, known, session));
    const value = await thread.call(method, args, { now: this.#fief.host.now(), metadata: known, signal });
    return value === METADATA_NEEDED ? undefined : { value };
  }

  /** Ends the Worker as soon as nobody waits for it. */
  release(): void {
    this.#thread?.release();
    this.#thread = undefined;
  }

  /** A Worker that may reach these addresses. */
  #reaching(addresses: string[]): ProviderThread {
    const current = this.#thread;
    if (current !== undefined && addresses.every((address) => current.addresses.includes(address))) return current;
    current?.release();
    const all = [...new Set([...current?.addresses ?? [], ...addresses])];
    const { debug } = this.#fief.host;
    debug?.(`a Worker speaks with the server: it may reach ${all.join(", ")} and nothing else`);
    const thread = new ProviderThread({ addresses: all, setup: this.#setup(all), debug });
    if (all.some(isAddressHere)) void thread.ready.then(() => this.#putBack());
    return this.#thread = thread;
  }

  async #setup(addresses: string[]): Promise<Omit<Setup, "type">> {
    const { baseUrl, clientId, host } = this.#fief;
    const onThisMachine = addresses.some(isAddressHere);
    if (onThisMachine) this.#exempt();
    const proxies = PROXY_VARIABLES.flatMap((name) => {
      const value = variable(host, name);
      return value === undefined ? [] : [[name, withoutPassword(value)]];
    });
    const exempt = ["NO_PROXY", "no_proxy"].map((name) => [name, variable(host, name) ?? ""]);
    return {
      baseUrl,
      clientId,
      ...this.#options.encryptionKey === undefined ? {} : { encryptionKey: this.#options.encryptionKey },
      caCerts: await this.#options.caCerts(),
      proxies: Object.fromEntries([...proxies, ...exempt]),
      onThisMachine,
      debug: host.debug !== undefined,
    };
  }

  /**
   * Requests to this machine use no proxy. Deno reads who does when a client is made: in the Worker, which may set no variable. So it is set
   * here until the Worker has made its own.
   */
  #exempt(): void {
    if (this.#exemptions++ > 0) return;
    const before = Deno.env.get("NO_PROXY");
    Deno.env.set("NO_PROXY", withoutProxyHere(before ?? Deno.env.get("no_proxy") ?? ""));
    this.#restore = () => before === undefined ? Deno.env.delete("NO_PROXY") : Deno.env.set("NO_PROXY", before);
  }

  #putBack(): void {
    if (--this.#exemptions === 0) this.#restore?.();
  }
}
