// The example of Fief's documentation, a CLI with three commands, in TypeScript.
//
//     deno run --allow-net=... --allow-read=... examples/app.ts login
//
// Set FIEF_BASE_URL and FIEF_CLIENT_ID, or write yours in here.
import { Fief, FiefAuth, FiefAuthNotAuthenticatedError, FiefError } from "@fief/auth";

const fief = new Fief(
  Deno.env.get("FIEF_BASE_URL") ?? "https://example.fief.dev",
  Deno.env.get("FIEF_CLIENT_ID") ?? "YOUR_CLIENT_ID",
);
const auth = new FiefAuth(fief, Deno.env.get("FIEF_CREDENTIALS") ?? "./credentials.json");

async function login() {
  const { userinfo } = await auth.authorize();
  console.log(`Signed in as ${userinfo.email}`);
}

async function hello() {
  const userinfo = await auth.currentUser();
  console.log(`Hello, ${userinfo.email}`);
}

async function callApi(url = `${fief.baseUrl}/api/userinfo`) {
  const { access_token } = await auth.accessTokenInfo();
  const response = await fetch(url, { headers: { authorization: `Bearer ${access_token}` } });
  console.log(response.status, await response.text());
}

const [name, ...args] = Deno.args;
try {
  if (name === "login") await login();
  else if (name === "hello") await hello();
  else if (name === "call-api") await callApi(...args);
  else console.error("Commands: login, hello, call-api [URL]");
} catch (error) {
  if (error instanceof FiefAuthNotAuthenticatedError) console.error("You are not authenticated: run login first");
  else if (error instanceof FiefError) console.error(`${error.message}\n${error.hint}`);
  else throw error;
  Deno.exitCode = 1;
}
