/* ssmtranslate: the tokenizers and the template of a model folder
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/tokenizers.h"

#include "engine/tokens/language-tags.h"

/* What Marian's models take for granted. */
static gboolean
check_end (
    const SsmtTextConfig *config, const SsmtTokenizer *tokenizer, const char *path, GError **error)
{
  gint32 end = config->end_to_check < 0 ? -1 : ssmt_tokenizer_find_piece (tokenizer, "</s>");

  if (end == config->end_to_check)
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
      "%s: \"</s>\" has the id %d, expected %d as in all models of Marian", path, end,
      config->end_to_check);
  return FALSE;
}

static SsmtTokenizer *
load_tokenizer (
    const SsmtTextConfig *config, const char *folder, gboolean is_target, GError **error)
{
  const char *name = is_target ? config->target_tokenizer : config->source_tokenizer;
  const char *vocabulary = is_target ? config->target_vocabulary : config->source_vocabulary;
  guint32 most = is_target ? config->vocab_size : config->source_vocab_size;
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *numbers = vocabulary ? g_build_filename (folder, vocabulary, NULL) : NULL;
  g_autoptr (SsmtTokenizer) tokenizer = NULL;

  if (config->tokenizer_type == SSMT_TOKENIZER_HUGGINGFACE)
    tokenizer = ssmt_tokenizer_load_huggingface (path, error);
  else if (numbers)
    tokenizer = ssmt_tokenizer_load_renumbered (path, numbers, error);
  else
    tokenizer = ssmt_tokenizer_load (path, error);
  if (tokenizer == NULL || !check_end (config, tokenizer, path, error))
    return NULL;
  if (ssmt_tokenizer_get_size (tokenizer) > most) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: has %u pieces, but \"vocab_size\" in %s is only %u", path,
        ssmt_tokenizer_get_size (tokenizer), config->path, most);
    return NULL;
  }
  return g_steal_pointer (&tokenizer);
}

/* Of several languages one stands in the template, so that its length is known. */
static gboolean
make_template (SsmtTokenizers *self, const SsmtTextConfig *config, GError **error)
{
  if (config->source_parts == NULL)
    self->languages = ssmt_language_tags_list (self->source);
  if (self->languages == NULL) {
    self->segment = ssmt_template_new (config, self->source, self->target, error);
  } else {
    if (config->target_language != NULL)
      self->language =
          ssmt_language_tags_match ((const char *const *) self->languages, config->target_language);
    self->segment = ssmt_language_tags_make_template (config, self->source, self->target,
        self->language != NULL ? self->language : self->languages[0], error);
  }
  return self->segment != NULL;
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
  self->source = load_tokenizer (config, folder, FALSE, error);
  if (self->source == NULL)
    return FALSE;
  if (g_str_equal (config->source_tokenizer, config->target_tokenizer)
      && g_strcmp0 (config->source_vocabulary, config->target_vocabulary) == 0)
    self->target = self->source;
  else
    self->target = load_tokenizer (config, folder, TRUE, error);
  if (self->target == NULL)
    return FALSE;
  return make_template (self, config, error);
}

void
ssmt_tokenizers_clear (SsmtTokenizers *self)
{
  g_clear_pointer (&self->segment, ssmt_template_free);
  g_clear_pointer (&self->languages, g_strfreev);
  if (self->target != self->source)
    g_clear_pointer (&self->target, ssmt_tokenizer_free);
  self->target = NULL;
  g_clear_pointer (&self->source, ssmt_tokenizer_free);
}
