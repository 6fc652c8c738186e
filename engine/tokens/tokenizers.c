/* ssmtranslate: the tokenizers and the template of a model folder
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/tokenizers.h"

static SsmtTokenizer *
load_tokenizer (const SsmtTextConfig *config, const char *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (SsmtTokenizer) tokenizer = config->tokenizer_type == SSMT_TOKENIZER_HUGGINGFACE
      ? ssmt_tokenizer_load_huggingface (path, error)
      : ssmt_tokenizer_load (path, error);

  if (tokenizer == NULL)
    return NULL;
  if (ssmt_tokenizer_get_size (tokenizer) > config->vocab_size) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: has %u pieces, but \"vocab_size\" in %s is only %u", path,
        ssmt_tokenizer_get_size (tokenizer), config->path, config->vocab_size);
    return NULL;
  }
  return g_steal_pointer (&tokenizer);
}

gboolean
ssmt_tokenizers_load (
    SsmtTokenizers *self, const SsmtTextConfig *config, const char *folder, GError **error)
{
  *self = (SsmtTokenizers){ NULL };
  if (config->source_tokenizer == NULL) {
    g_autofree char *shown = g_filename_display_name (folder);

    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
        "%s: has no tokenizer: neither tokenizer.model nor tokenizer.json, "
        "and no ssmt.json that names another file",
        shown);
    return FALSE;
  }
  self->source = load_tokenizer (config, folder, config->source_tokenizer, error);
  if (self->source == NULL)
    return FALSE;
  if (g_str_equal (config->source_tokenizer, config->target_tokenizer))
    self->target = self->source;
  else
    self->target = load_tokenizer (config, folder, config->target_tokenizer, error);
  if (self->target == NULL)
    return FALSE;
  self->segment = ssmt_template_new (config, self->source, self->target, error);
  return self->segment != NULL;
}

void
ssmt_tokenizers_clear (SsmtTokenizers *self)
{
  g_clear_pointer (&self->segment, ssmt_template_free);
  if (self->target != self->source)
    g_clear_pointer (&self->target, ssmt_tokenizer_free);
  self->target = NULL;
  g_clear_pointer (&self->source, ssmt_tokenizer_free);
}
