/* ssmtranslate tests: templates of segments
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/formats/config.h"
#include "engine/tokens/template.h"
#include "engine/tokens/tokenizers.h"
#include "test-util.h"

static SsmtConfig *
parse_segment (const char *segment, GError **error)
{
  g_autofree char *json =
      g_strdup_printf ("{\"model_type\":\"ssmt\",\"format_version\":1,\"vocab_size\":500,"
                       "\"d_model\":8,\"norm_eps\":1e-5,\"tie_embeddings\":true,"
                       "\"decoder_layers\":[{\"kind\":\"mamba\"}],\"tokenizer\":{\"type\":"
                       "\"sentencepiece\",\"file\":\"a\"},\"segment\":{%s,\"target_end\":3,"
                       "\"carry_end\":true,\"max_source\":64,\"max_target\":64},"
                       "\"languages\":{\"source\":\"en\",\"target\":\"de\"}}",
          segment);

  return ssmt_config_parse (json, -1, "config.json", error);
}

static SsmtTokenizer *
load_tokenizer (void)
{
  g_autofree char *path = test_data ("tiny.spm");
  g_autoptr (GError) error = NULL;
  SsmtTokenizer *tokenizer = ssmt_tokenizer_load (path, &error);

  g_assert_no_error (error);
  return tokenizer;
}

static void
append_text (const SsmtTokenizer *tokenizer, GArray *ids, const char *text)
{
  g_assert_true (ssmt_tokenizer_encode (tokenizer, text, -1, ids, NULL, NULL));
}

static void
assert_ids (const GArray *ids, const GArray *expected)
{
  g_assert_cmpmem (
      ids->data, ids->len * sizeof (gint32), expected->data, expected->len * sizeof (gint32));
}

/* `form`: what is expected, texts in brackets, ids bare; "*": the source. */
static const struct {
  const char *name, *segment, *form;
  guint first;
  gboolean joined;
  const char *target;
} templates[] = {
  { "ids", "\"source_end\":4", "[*] 4", 0, FALSE, "" },
  { "start", "\"source_end\":4,\"target_start\":2", "[*] 4", 0, FALSE, "2" },
  { "zero", "\"source_end\":4,\"target_start\":\"zero\"", "[*] 4", 0, FALSE, "-2" },
  { "source", "\"source\":[7,\"{source}\",4]", "7 [*] 4", 1, FALSE, "" },
  { "target",
      "\"source\":[\"{source}\"],\"target\":[5,{\"text\":\"an: "
      "{target_language}\"},6]",
      "[*]", 0, FALSE, "5 [an: de] 6" },
  { "text apart", "\"source\":[{\"text\":\"Read:\"},9,\"{source}\"]", "[Read:] 9 [*]", 0, FALSE,
      "" },
  { "text beside",
      "\"source\":[8,{\"text\":\"{source_language}: \"},"
      "\"{source}\",{\"text\":\" {target_language}:\"}]",
      "8 [en: * de:]", 1, TRUE, "" },
  { "piece", "\"source\":[{\"piece\":\"<sep>\"},\"{source}\"]", "4 [*]", 1, FALSE, "" },
};

static GArray *
make_ids (const SsmtTokenizer *tokenizer, const char *form, const char *text)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  while (*form) {
    if (*form == '[') {
      const char *end = strchr (form, ']');
      g_autofree char *inner = g_strndup (form + 1, end - form - 1);
      g_autoptr (GString) filled = g_string_new (inner);

      g_string_replace (filled, "*", text, 0);
      append_text (tokenizer, ids, filled->str);
      form = end + 1;
    } else {
      gint32 id = strtol (form, (char **) &form, 10);

      g_array_append_val (ids, id);
    }
    while (*form == ' ')
      form++;
  }
  return ids;
}

static void
test_template (gconstpointer data)
{
  const char *text = "Where is the old ship?";
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtTokenizer) tokenizer = load_tokenizer ();
  g_autoptr (SsmtConfig) config = parse_segment (templates[i].segment, &error);
  g_autoptr (SsmtTemplate) template = NULL;
  g_autoptr (GArray) expected = make_ids (tokenizer, templates[i].form, text);
  g_autoptr (GArray) target = make_ids (tokenizer, templates[i].target, text);
  g_auto (SsmtPrompt) prompt = { NULL };

  g_assert_no_error (error);
  template = ssmt_template_new (&config->text, tokenizer, tokenizer, &error);
  g_assert_no_error (error);
  g_assert_true (ssmt_template_compose (template, text, &prompt, NULL, &error));
  g_assert_no_error (error);
  assert_ids (prompt.ids, expected);
  assert_ids (ssmt_template_get_target (template), target);
  g_assert_cmpint (prompt.joined, ==, templates[i].joined);
  if (strchr (templates[i].name, ' ') == NULL)
    g_assert_cmpuint (prompt.first, ==, templates[i].first);
  g_assert_cmpmem (prompt.source->data, prompt.source->len * sizeof (gint32),
      (gint32 *) prompt.ids->data + prompt.first, prompt.source->len * sizeof (gint32));
  g_assert_cmpuint (prompt.ids->len + target->len, <=,
      prompt.source->len + ssmt_template_get_overhead (template));
}

static const struct {
  const char *name, *segment, *says;
} broken[] = {
  { "nothing", "\"x\":1", "\"source_end\"" },
  { "both", "\"source_end\":4,\"source\":[\"{source}\"]", "not both" },
  { "both targets", "\"source_end\":4,\"target\":[1],\"target_start\":2", "not both" },
  { "no source", "\"source\":[4]", "\"source\" must hold \"{source}\" once" },
  { "two sources", "\"source\":[\"{source}\",\"{source}\"]", "once" },
  { "source in target", "\"source_end\":4,\"target\":[\"{source}\"]", "\"{source}\" nowhere" },
  { "bare text", "\"source\":[\"Read\",\"{source}\"]",
      "\"source\"[0] must be a token id from 0 to 499" },
  { "id outside", "\"source\":[500,\"{source}\"]", "\"source\"[0]" },
  { "two keys", "\"source\":[{\"text\":\"a\",\"piece\":\"b\"},\"{source}\"]", "\"source\"[0]" },
  { "empty text", "\"source\":[{\"text\":\"\"},\"{source}\"]", "\"source\"[0]" },
  { "no list", "\"source\":\"{source}\"", "\"source\"" },
};

static void
test_broken_template (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;

  g_assert_null (parse_segment (broken[i].segment, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "config.json: segment"));
  g_assert_nonnull (strstr (error->message, broken[i].says));
}

static void
test_unknown_piece (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtTokenizer) tokenizer = load_tokenizer ();
  g_autoptr (SsmtConfig) config =
      parse_segment ("\"source\":[{\"piece\":\"<2{target_language}>\"},\"{source}\"]", NULL);

  g_assert_null (ssmt_template_new (&config->text, tokenizer, tokenizer, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "no piece \"<2de>\""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (templates); i++) {
    g_autofree char *path = g_strdup_printf ("/template/%s", templates[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_template);
  }
  for (guint i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autofree char *path = g_strdup_printf ("/template/broken/%s", broken[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_broken_template);
  }
  g_test_add_func ("/template/broken/piece", test_unknown_piece);
  return g_test_run ();
}
