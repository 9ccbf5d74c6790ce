import { graphql } from "relay-runtime";

export const list = graphql`
  query documentsListQuery($first: Int!, $after: String) {
    appeals(first: $first, after: $after) @connection(key: "Appeals_appeals") {
      edges { cursor node { id status } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;
export const opened = graphql`
  subscription documentsOpenedSubscription($after: Cursor) {
    appealOpened(after: $after) { cursor appeal { id status } }
  }
`;
export const accept = graphql`
  mutation documentsAcceptMutation($input: AcceptAppealInput!) {
    acceptAppeal(input: $input) { appeal { id status } errors { code message } }
  }
`;
export const one = graphql`
  query documentsOneQuery($id: ID!) { node(id: $id) { ... on Appeal { id status } } }
`;
