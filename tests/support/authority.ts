// A certificate authority of a test's own, made with the machine's openssl.

/** Whether this machine has openssl. */
export function hasOpenssl(): boolean {
  try {
    return new Deno.Command("openssl", { args: ["version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** An authority and a server that it vouches for. */
export interface Authority {
  /** The authority's certificate: a PEM file. */
  file: string;
  /** Certificate and key of the server. */
  server: { cert: string; key: string };
}

/** Makes an authority, and a certificate for these names that is good until so many days from now. */
export async function makeAuthority(directory: string, names: string[], days = 1): Promise<Authority> {
  const at = (name: string) => `${directory}/${name}`;
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl(
    ["req", "-x509", ...ec, "-keyout", at("ca.key"), "-out", at("ca.pem")],
    ["-subj", "/CN=A company's own authority", "-days", "2"],
  );
  await openssl(["req", ...ec, "-keyout", at("server.key"), "-out", at("server.csr"), "-subj", `/CN=${names[0]}`]);
  await Deno.writeTextFile(at("names"), `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`);
  await openssl(
    ["x509", "-req", "-in", at("server.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"],
    ["-extfile", at("names"), "-days", String(days), "-out", at("server.pem")],
  );
  const [cert, key] = await Promise.all(["server.pem", "server.key"].map((name) => Deno.readTextFile(at(name))));
  return { file: at("ca.pem"), server: { cert: cert!, key: key! } };
}

async function openssl(...words: string[][]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args: words.flat() }).output();
  if (!success) throw new Error(`openssl failed: ${new TextDecoder().decode(stderr)}`);
}
