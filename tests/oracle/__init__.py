"""An obvious, slow second implementation of reading: graphql-core with plain resolvers over all rows in memory."""
