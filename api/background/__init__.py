"""Background work: jobs, webhooks and text messages, and a look at whether the jobs are done."""
