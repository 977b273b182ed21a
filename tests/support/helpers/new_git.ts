// A git of 2.46 or newer, which takes credentials of any scheme: Debian 12 and Ubuntu 24.04 have an older one.
import { run } from "../child.ts";

const ROOT = decodeURIComponent(new URL("../../../", import.meta.url).pathname);
const CACHE = `${ROOT}.cache/helpers`;
/** The first release of Debian whose git is new enough. */
const RELEASE = "trixie";

/** A git that can be called. */
export interface NewGit {
  /** For its environment: where it is, and where its parts are. */
  env: Record<string, string>;
}

/**
 * The machine's git where it is new enough, else one that is built from Debian's sources into `.cache/helpers` (half a minute, once).
 *
 * @throws Where it cannot be had: the message says what to do.
 */
export async function newGit(): Promise<NewGit> {
  const path = Deno.env.get("PATH") ?? "";
  if (await isNew(["git"])) return { env: { PATH: path } };
  await Deno.mkdir(CACHE, { recursive: true });
  using lock = await Deno.open(`${CACHE}/git.lock`, { create: true, write: true });
  await lock.lock(true);
  const directory = `${CACHE}/new-git`;
  if (!await isNew([`${directory}/git`])) await build(directory);
  return { env: { PATH: `${directory}:${path}`, GIT_EXEC_PATH: directory } };
}

async function isNew(git: string[]): Promise<boolean> {
  try {
    const { stdout } = await run([...git, "version"]);
    const [, major, minor] = stdout.match(/(\d+)\.(\d+)/) ?? [];
    return Number(major) * 1000 + Number(minor) >= 2046;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function build(directory: string): Promise<void> {
  const work = await Deno.makeTempDir({ dir: CACHE, prefix: "git-" });
  try {
    await must(["bash", "-euc", SCRIPT, "bash", work, RELEASE]);
    await Deno.remove(directory, { recursive: true }).catch(() => {});
    await Deno.rename(`${work}/built`, directory); // last: half of it is not there
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** The sources come from where this machine has its packages from. Headers are unpacked, not installed. */
const SCRIPT = `
cd "$1"
uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
mkdir -p lists/partial cache/archives/partial headers built
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $2 main" > sources.list
options="-qq -o Dir::Etc::sourcelist=$PWD/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$PWD/lists -o Dir::Cache=$PWD/cache -o APT::Sandbox::User="
apt-get $options update
apt-get $options source --download-only git
apt-get -qq download libcurl4-gnutls-dev zlib1g-dev
for package in *.deb; do dpkg -x "$package" headers; done
tar xf git_*.orig.tar.xz
multiarch=$(gcc -print-multiarch)
make -s -C git-*/ -j"$(nproc)" NO_EXPAT=1 NO_PERL=1 NO_PYTHON=1 NO_TCLTK=1 NO_GETTEXT=1 NO_OPENSSL=1 \
  CFLAGS="-O0 -w -I$PWD/headers/usr/include -I$PWD/headers/usr/include/$multiarch" \
  LDFLAGS="-L$PWD/headers/usr/lib/$multiarch" CURL_CFLAGS= CURL_LDFLAGS=-l:libcurl-gnutls.so.4 git git-remote-http
cp git-*/git git-*/git-remote-http built
ln -s git-remote-http built/git-remote-https
`;

async function must(command: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(command);
  if (code === 0) return;
  throw new Error(
    "A git of 2.46 or newer cannot be had, which this suite asks: install one, or what builds it (apt-get update; " +
      `apt-get install gcc make dpkg-dev). ${`${stdout}${stderr}`.trim().slice(-1_000)}`,
  );
}
