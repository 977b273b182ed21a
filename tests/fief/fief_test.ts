// Real processes against a real Fief server: one server for all of these, which takes longer to start than they take to run.
import { withTheServer } from "./the_server.ts";
import "./sign_in.ts";
import "./session.ts";
import "./browser_session.ts";
import "./account.ts";
import "./changes.ts";
import "./parity.ts";
import "./python.ts";

withTheServer();
