/* ssm-subtitle: which models lead from one language to another
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ssmt/ssmt.h>

#include "translate.h"

#define PIVOT "en"

void
sub_route_free (SubRoute *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->holders); i++) {
    if (self->holders[i]) {
      gst_element_set_state (self->holders[i], GST_STATE_NULL);
      gst_object_unref (self->holders[i]);
    }
  }
  g_mutex_clear (&self->lock);
  g_free (self->models[0]);
  g_free (self->models[1]);
  g_free (self->source);
  g_free (self->target);
  g_free (self);
}

/* What was asked for, else what the model says. */
static char *
choose_language (const char *asked, const char *says)
{
  return g_strdup (asked ? asked : says);
}

/* Takes both folders. */
static SubRoute *
route_new (char *first, char *second, const char *source, const char *target, GError **error)
{
  SubRoute *self = g_new0 (SubRoute, 1);
  g_autoptr (SsmtModelInfo) reads = NULL, writes = NULL;

  g_mutex_init (&self->lock);
  self->models[0] = first;
  self->models[1] = second;
  reads = ssmt_model_info_new (first, error);
  writes = reads ? ssmt_model_info_new (second ? second : first, error) : NULL;
  if (!writes) {
    sub_route_free (self);
    return NULL;
  }
  self->source = choose_language (source, ssmt_model_info_get_source_language (reads));
  self->target = choose_language (target, ssmt_model_info_get_target_language (writes));
  if (self->target)
    return self;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
      "%s does not say which language it writes: --to has to", second ? second : first);
  sub_route_free (self);
  return NULL;
}

static SubRoute *
find_pivot (const char *source, const char *target, GError **error)
{
  char *first = ssmt_catalog_find_pair (source, PIVOT, NULL);
  char *second = first ? ssmt_catalog_find_pair (PIVOT, target, NULL) : NULL;

  if (second)
    return route_new (first, second, source, target, error);
  g_free (first);
  return NULL;
}

static char *
find_default (GError **error)
{
  char *path = ssmt_model_find_default ();

  return path ? path : ssmt_catalog_find_pair (NULL, NULL, error);
}

SubRoute *
sub_route_find (const char *model, const char *source, const char *target, GError **error)
{
  g_autoptr (GError) local = NULL;
  SubRoute *route;
  char *path;

  if (model)
    path = ssmt_catalog_find (model, &local);
  else if (!source && !target)
    path = find_default (&local);
  else
    path = ssmt_catalog_find_pair (source, target, &local);
  if (!path && !model && !source && target) {
    /* what there might be is a model from English: its message names the line that fetches it */
    g_clear_error (&local);
    path = ssmt_catalog_find_pair (PIVOT, target, &local);
  }
  if (path)
    return route_new (path, NULL, source, target, error);
  route = !model && source && target ? find_pivot (source, target, error) : NULL;
  if (!route && error && !*error)
    g_propagate_error (error, g_steal_pointer (&local));
  return route;
}
