/* ssmtranslate: what `ssmt fetch` does
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_FETCH_JOB_H
#define SSMT_CLI_FETCH_JOB_H

#include "engine/cli/fetch-http.h"
#include "engine/cli/registry.h"

G_BEGIN_DECLS

/* Mozilla's, public since 2025. */
#define FETCH_REGISTRY                                                                             \
  "https://storage.googleapis.com/moz-fx-translations-data--303e-prod-translations-data/db/"       \
  "models.json"

typedef struct {
  /* what is wanted */
  const char *pair, *from;  /* "en-fr"; address of the registry */
  const char *architecture; /* NULL: the best */
  const char *to;           /* the folder; NULL: among the user's models */
  gboolean list;            /* only look */
  /* what comes of it */
  Registry *registry;
  GPtrArray *entries;   /* of the pair */
  RegistryEntry *entry; /* that is chosen, one of them */
  char *folder;
  gboolean current; /* it was there already */
} FetchJob;

/* The registry's address where none is given: that of SSMT_REGISTRY, else Mozilla's. */
const char *fetch_job_get_default_registry (void);

/* The registry at `url`. */
Registry *fetch_registry (
    FetchHttp *http, const char *url, GCancellable *cancellable, GError **error);

/* All of it, on this thread. */
gboolean fetch_job_run (FetchJob *job, GCancellable *cancellable, GError **error);
void fetch_job_clear (FetchJob *job);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FetchJob, fetch_job_clear)

G_END_DECLS

#endif /* SSMT_CLI_FETCH_JOB_H */
