import type { Host } from "../host.ts";

/** What the permissions of a run depend on. */
export interface PermissionFacts {
  /** Path of the credentials file, resolved: where it is a symbolic link, what it points to. */
  credentialsPath: string;
  /** Hosts with their ports that the server answers at: that of the base URL, and those of its endpoints where they differ. */
  providerHosts: string[];
  /** Hosts with their ports that `call-api` may ask. */
  apiHosts: string[];
  /** Ports that a sign-in may listen on; 0 is any. */
  redirectPorts: number[];
  /** In front of the names of the CLI's variables. */
  environmentPrefix: string;
  os: Host["os"];
}

/** What one run may touch. */
export interface Permissions {
  read: string[];
  write: string[];
  net: string[];
  env: string[];
  run: string[];
}
