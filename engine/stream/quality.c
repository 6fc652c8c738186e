/* ssmtranslate: what others have measured of a model
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/quality.h"

#include <string.h>

#include "engine/files/json.h"

static const char *const metrics[SSMT_QUALITY_METRICS] = { "comet22", "chrf", "chrfpp", "bleu" };

/* Names come from strangers and are shown on terminals. */
static gboolean
is_plain (const char *name)
{
  gsize length = strlen (name);

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (name[i]) && !strchr ("._-+ ", name[i]))
      return FALSE;
  return length > 0 && length <= 64;
}

static void
read_set (SsmtQuality *quality, const char *name, JsonObject *set)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++) {
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    double score;

    if (!ssmt_json_number_of_node (json_object_get_member (set, metrics[i]), &score) || score <= 0
        || score > 100)
      continue;
    quality->scores[i] = score;
    g_string_append_printf (text, "%s%s %s", text->len > 0 ? ", " : "", metrics[i],
        g_ascii_formatd (digits, sizeof digits, score < 1 ? "%.4f" : "%.1f", score));
  }
  if (text->len == 0)
    return;
  g_string_append_printf (text, " (%s)", name);
  quality->text = g_strdup (text->str);
}

void
ssmt_quality_read (SsmtQuality *quality, JsonNode *node)
{
  g_autoptr (GList) names = NULL;
  JsonObject *sets;

  *quality = (SsmtQuality){ NULL };
  if (!node || !JSON_NODE_HOLDS_OBJECT (node))
    return;
  sets = json_node_get_object (node);
  names = json_object_get_members (sets);
  for (GList *name = names; name && !quality->text; name = name->next) {
    JsonNode *set = json_object_get_member (sets, name->data);

    if (is_plain (name->data) && JSON_NODE_HOLDS_OBJECT (set))
      read_set (quality, name->data, json_node_get_object (set));
  }
}

void
ssmt_quality_clear (SsmtQuality *quality)
{
  g_clear_pointer (&quality->text, g_free);
}

int
ssmt_quality_compare (const SsmtQuality *a, const SsmtQuality *b)
{
  for (guint i = 0; i < SSMT_QUALITY_METRICS; i++)
    if (a->scores[i] > b->scores[i] || a->scores[i] < b->scores[i])
      return a->scores[i] > b->scores[i] ? 1 : -1;
  return 0;
}
