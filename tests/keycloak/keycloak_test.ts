// Real processes against a real Keycloak: one server for all of these, which takes longer to start than they take to run.
import { withTheServer } from "./the_server.ts";
import "./sign_in.ts";
import "./session.ts";
import "./logout.ts";
import "./device.ts";

withTheServer();
