/**
 * What each built-in command does, in one line, in the order of the help. They are together here so that the list of commands is shown
 * without loading a single one.
 */
export const SUMMARIES = {
  login: "Sign in with the browser",
  hello: "Greet who is signed in",
  whoami: "Print all claims about who is signed in",
  token: "Print an access token that works, and nothing else",
  "call-api": "Send a request with the token, to origins that were named",
  exec: "Run a command with the token in its environment, and nowhere else",
  credential: "Give the token to git, kubectl or curl, in their own words",
  status: "Tell who is signed in, where and until when; asks no server",
  doctor: "Check everything that makes sign-in fail, and say what to do",
  logout: "End the session and remove the tokens",
  profiles: "List profiles, choose the one to use, or remove one",
  permissions: "Print the exact flags of deno run that a command needs",
  completions: "Print a script that makes your shell complete commands and options",
} as const;
