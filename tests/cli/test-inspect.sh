#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a model is made of, and the counts that the paper gives.
. "$(dirname "$0")/tap.sh"
checkpoints=$(dirname "$model")/checkpoints

run "$ssmt" inspect --model "$model"
check "a model is inspected" status_is 0
for word in layer parameters bytes state okenizer icen; do
  check "it tells of \"$word\"" out_has "$word"
done
check "the tokenizer is SentencePiece" out_has "SentencePiece"

cp "$dir/out" "$dir/by-option"
run "$ssmt" inspect "$model"
check "the folder may be an argument" cmp -s "$dir/out" "$dir/by-option"
run "$ssmt" inspect --model "$model" "$model"
check "but not given twice" status_is 2

# arXiv 2407.05489
run "$ssmt" inspect --shape paper-mamba
check "the paper's Mamba has 77011890 parameters" out_has "^parameters  *77011890$"
run "$ssmt" inspect --shape paper-mamba2
check "the paper's Mamba-2 has 78308544 parameters" out_has "^parameters  *78308544$"
run "$ssmt" inspect --shape paper-retnet
check "the paper's RetNet has 76820992 parameters" out_has "^parameters  *76820992$"
check "and carries 6 MiB a stream" out_has "^state  *6291456 bytes per stream$"
run "$ssmt" inspect --shape paper-transformer
check "the paper's Transformer has 76969984 parameters" out_has "^parameters  *76969984$"
run "$ssmt" inspect --shape paper-transformerpp
check "the paper's Transformer++ has 78991472 parameters" out_has "^parameters  *78991472$"
check "its state grows with the document" out_has "^state  *0 bytes per stream and 47616 per token, up to 4096 tokens$"
run "$ssmt" inspect --shape paper-mamba-mha
check "the paper's Mamba-MHA has 68.7 M parameters" out_has "^parameters  *68700528$"
check "its state is constant and grows" out_has "^state  *1138176 bytes per stream and 59904 per token"
run "$ssmt" inspect --shape paper-mamba-local
check "the paper's Mamba-Local has as many" out_has "^parameters  *68700528$"
check "and a constant state" out_has "^state  *4972032 bytes per stream$"
run "$ssmt" inspect --shape paper-mamba-encdec
check "the paper's Mamba enc-dec has 81.7 M parameters" out_has "^parameters  *81674240$"
run "$ssmt" inspect --shape mamba-130m
check "mamba-130m has 129135360 parameters" out_has "^parameters  *129135360$"
run "$ssmt" inspect --shape paper-mamba --dtype i8
check "scales of rows do not count" out_has "^parameters  *77011890$"

mkdir "$dir/bare"
cp "$model/config.json" "$model/model.safetensors" "$dir/bare"
run "$ssmt" inspect "$dir/bare"
check "a folder without a tokenizer is inspected" status_is 0
check "and says so" out_has "^tokenizer  *none$"
run "$ssmt" inspect --config "$model/config.json"
check "a config.json alone is inspected" status_is 0
for system in retnet retnet-fla gla delta-net gated-delta-net recurrent-hybrid; do
  run "$ssmt" inspect --config "$(dirname "$model")/vectors/$system/config.json" --dtype i8
  check "weights can be made up for $system" status_is 0
done

for folder in "$checkpoints"/*/; do
  run "$ssmt" inspect "$folder"
  check "the checkpoint $(basename "$folder") is inspected" out_has "^format  *[A-Za-z]"
  check "with its state" out_has "^state  *[1-9][0-9]* bytes per stream"
done

# A configuration alone asks for the tensors that its folder has.
for folder in "$checkpoints"/*/ "$(dirname "$model")"/vectors/*/; do
  run "$ssmt" inspect "$folder"
  grep -E "^(parameters|state|decoder|encoder|  )" "$dir/out" > "$dir/whole"
  run "$ssmt" inspect --config "$folder/config.json"
  grep -E "^(parameters|state|decoder|encoder|  )" "$dir/out" > "$dir/alone"
  check "$(basename "$folder")/config.json alone tells the same" cmp -s "$dir/whole" "$dir/alone"
done

# Every key of a layer, each on and off.
with_layers () {
  sed '/"decoder_layers"/,/^ \]/d' "$model/config.json" |
    sed "s|^{|{\"decoder_layers\": [$1],|" > "$dir/config.json"
}
mamba='"kind": "mamba", "d_inner": 64, "d_state": 8, "dt_rank": 4'
mamba2='"kind": "mamba2", "d_inner": 64, "d_state": 8, "head_dim": 8'
attention='"kind": "attention", "heads": 4, "head_dim": 8'
linear='"heads": 2, "key_dim": 8, "value_dim": 8'
while IFS='|' read -r count layer; do
  with_layers "{$layer}"
  run "$ssmt" inspect --config "$dir/config.json"
  check "$layer" out_has "^parameters  *$count$"
done << END
24704|$mamba
24864|$mamba, "bias": true
24640|$mamba, "conv_bias": false
24704|$mamba, "dt_bc_norm": "plain", "dt_bc_norm_eps": 1e-6
24724|$mamba, "dt_bc_norm": "weight"
23464|$mamba2
23648|$mamba2, "bias": true
23384|$mamba2, "conv_bias": false
23464|$mamba2, "norm_group": "group", "dt_min": 0.1, "dt_max": 1
20160|$attention
20288|$attention, "bias": true, "inner_norm": false
18656|$attention, "kv_heads": 1, "inner_norm": true
18520|"kind": "gla", $linear, "gate_low_rank_dim": 4, "d_conv": 4, "output_gate": false
18312|"kind": "delta_net", $linear, "use_beta": false
END

# A misspelt key is refused with the list of those there are.
while IFS='|' read -r from to words; do
  sed "s|$from|$to|" "$model/config.json" > "$dir/config.json"
  run "$ssmt" inspect --config "$dir/config.json"
  check "\"$to\" fails" status_is 1
  check "and is named with those there are" err_has "unknown key .*$words"
done << 'END'
embedding_scale|embeding_scale|"embeding_scale", expected only: model_type, .*embedding_scale
forbidden|forbiden|"forbiden", expected only: .*forbidden
"file"|"lowercase": true, "file"|"lowercase", expected only: type, file
"d_state"|"d_stat"|"d_stat", expected only: norm, norm_placement, d_inner, d_state
"target": "de"|"traget": "de"|"traget", expected only: source, target
END

mkdir "$dir/broken"
cp "$model/config.json" "$model/tokenizer.spm" "$dir/broken"
run "$ssmt" inspect "$dir/broken"
check "a folder without weights fails" status_is 1
check "and the file is named" err_has "model.safetensors"
head -c 1000 "$model/model.safetensors" > "$dir/broken/model.safetensors"
run "$ssmt" inspect "$dir/broken"
check "cut weights fail" status_is 1
echo '{' > "$dir/broken/config.json"
run "$ssmt" inspect "$dir/broken"
check "a broken config.json fails" status_is 1
check "and the file is named" err_has "config.json"

# --- what a terminal would obey --------------------------------------------------

mkdir "$dir/strange"
cp "$model"/* "$dir/strange"
sed 's/"license": "[^"]*"/"license": "\\u001b]0;owned\\u0007\\u202eX"/' "$model/config.json" > "$dir/strange/config.json"
run "$ssmt" inspect --model "$dir/strange"
check "a licence is shown as it is written" out_has 'licence  *\\x1b\]0;owned\\x07\\u202eX'
sed 's/"model_type"/"\\u001b[31m": 1, &/' "$model/config.json" > "$dir/strange/config.json"
run "$ssmt" inspect --model "$dir/strange"
check "an unknown key is named as it is written" err_has '\\x1b\[31m'

finish
