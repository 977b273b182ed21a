// The table of docs/coming-from-python.md against the Python package as it is installed.
import { assertEquals } from "@std/assert";
import { python } from "../support/fief/python.ts";
import { parityTable } from "../support/parity_table.ts";
import { theServer } from "./the_server.ts";

/** Prints all public names of the package: with arguments and defaults, as the table has them. */
const PUBLIC_NAMES = `
import inspect, json, typing
import fief_client
from fief_client import crypto, pkce
from fief_client.integrations import cli

def signature(function, bound=False):
    parameters = list(inspect.signature(function).parameters.values())[1 if bound else 0:]
    plain = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    return str(inspect.Signature(plain)).replace("/, ", "")

def own(cls, name):
    return any(name in base.__dict__ for base in cls.__mro__ if base.__module__.startswith("fief_client"))

def members(cls):
    return [name for name in dir(cls) if not name.startswith("_") and own(cls, name) and inspect.isfunction(getattr(cls, name))]

def of_class(cls, instance=None):
    name = cls.__name__
    if typing.is_typeddict(cls):
        return [name] + [f"{name}.{key}" for key in cls.__annotations__]
    if name == "FiefACR":
        return [name] + [f"{name}.{level.name}" for level in cls]
    if instance is None:
        return [name]
    attributes = {*vars(instance), *(key for base in cls.__mro__ for key in vars(base).get("__annotations__", {}))}
    return ([name + signature(cls.__init__, True)]
        + [f"{name}.{key}" for key in attributes if not key.startswith("_")]
        + [f"{name}.{key}{signature(getattr(cls, key), True)}" for key in members(cls)])

fief = fief_client.Fief("http://localhost", "cli")
instances = {
    "Fief": fief,
    "FiefAuth": cli.FiefAuth(fief, "/nonexistent"),
    "FiefRequestError": fief_client.FiefRequestError(400, "why"),
}
names = []
for name in fief_client.__all__:
    thing = getattr(fief_client, name)
    if inspect.isclass(thing):
        names += of_class(thing, instances.get(name))
for module in (crypto, pkce):
    short = module.__name__.split(".")[-1]
    for name, thing in vars(module).items():
        if inspect.isfunction(thing): names.append(f"{short}.{name}{signature(thing)}")
for name, thing in vars(cli).items():
    if inspect.isclass(thing) and thing.__module__ == cli.__name__: names += of_class(thing, instances.get(name))
different = [name for name in members(fief_client.Fief)
    if signature(getattr(fief_client.Fief, name)) != signature(getattr(fief_client.FiefAsync, name))]
modules = [name for name in fief_client.__all__ if inspect.ismodule(getattr(fief_client, name))]
print(json.dumps([names, different + [name for name in members(fief_client.FiefAsync) if name not in members(fief_client.Fief)], modules]))
`;

Deno.test("docs/coming-from-python.md has every public name of the Python package, with its arguments and defaults", async () => {
  const { status, stdout, stderr } = await python(theServer(), PUBLIC_NAMES, []);
  assertEquals(status, 0, stderr);
  const [names, differentInAsync, modules] = JSON.parse(stdout) as [string[], string[], string[]];
  const told = (await parityTable()).flatMap(({ python }) => python === undefined ? [] : [python]);
  assertEquals(told.toSorted(), names.toSorted());
  assertEquals(differentInAsync, []); // so one row is enough
  assertEquals(modules.toSorted(), ["crypto", "integrations", "pkce"]);
});
