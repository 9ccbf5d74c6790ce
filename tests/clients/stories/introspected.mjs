// The schema as the server tells it.
import { getIntrospectionQuery } from "graphql";

export const introspected = (device) => device.ask(getIntrospectionQuery({ specifiedByUrl: true, oneOf: true }));
