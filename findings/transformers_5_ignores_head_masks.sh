#!/usr/bin/env bash
# transformers 5.24.0: head_mask is accepted and has no effect, so that every attention head looks useless.
#
# How much a head matters is commonly measured by model(…, head_mask=mask), with 0 where a head is silent (Michel, Levy and
# Neubig, NeurIPS 2019, by the slope of the loss in the mask). Version 5 took the argument out of the models, together with
# prune_heads (huggingface/transformers#41417), but their forward takes any further keyword and drops it: no error, no
# warning. With all heads of all layers masked the output is the same, the mask has no gradient, and ablation finds that
# each head can go. In 4.57.1 BERT obeys the mask; GPT-2 and ViT obey it with attn_implementation=
# "eager", but not with "sdpa", their default: ViT adds it to the attention's logits, where a constant says nothing.
# Do: in version 5 silence a head by a hook in front of the layer that reads the heads (attention.output.dense in BERT), and
# check first that masking everything changes the output.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/seen.py" <<'PYTHON'
import torch
import transformers
from transformers import (BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel, ViTConfig,
                          ViTForImageClassification)

sizes = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=8)
tokens = dict(input_ids=torch.tensor([[1, 5, 7, 9, 2]]))
pixels = dict(pixel_values=torch.linspace(-1, 1, 192).reshape(1, 3, 8, 8))
MODELS = {"BERT": (BertForSequenceClassification, BertConfig(**sizes, vocab_size=30, num_labels=3), tokens),
          "GPT-2": (GPT2LMHeadModel, GPT2Config(n_embd=16, n_layer=2, n_head=4, vocab_size=30), tokens),
          "ViT": (ViTForImageClassification, ViTConfig(**sizes, image_size=8, patch_size=4, num_labels=3), pixels)}

print("transformers", transformers.__version__)
for name, (kind, config, given) in MODELS.items():
    for attention in ("sdpa", "eager"):
        config._attn_implementation = attention
        torch.manual_seed(0)
        model = kind(config).eval()
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.5)
        mask = torch.zeros(2, 4, requires_grad=True)
        masked = model(**given, head_mask=mask).logits
        slope = torch.autograd.grad(masked.sum(), mask, allow_unused=True)[0]
        print(f"{name}, attention {attention}: masking all heads changes the output: "
              f"{not torch.allclose(masked, model(**given).logits, atol=1e-5)}; the mask has a slope: "
              f"{slope is not None and slope.abs().max().item() > 1e-5}")
PYTHON
for version in 4.57.1 5.24.0; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install -q torch==2.13.0 numpy==2.4.6 transformers==$version 2>/dev/null
    "$folder/$version/bin/python" "$folder/seen.py" 2>/dev/null
done | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
transformers 4.57.1
BERT, attention sdpa: masking all heads changes the output: True; the mask has a slope: True
BERT, attention eager: masking all heads changes the output: True; the mask has a slope: True
GPT-2, attention sdpa: masking all heads changes the output: False; the mask has a slope: False
GPT-2, attention eager: masking all heads changes the output: True; the mask has a slope: True
ViT, attention sdpa: masking all heads changes the output: False; the mask has a slope: False
ViT, attention eager: masking all heads changes the output: True; the mask has a slope: True
transformers 5.24.0
BERT, attention sdpa: masking all heads changes the output: False; the mask has a slope: False
BERT, attention eager: masking all heads changes the output: False; the mask has a slope: False
GPT-2, attention sdpa: masking all heads changes the output: False; the mask has a slope: False
GPT-2, attention eager: masking all heads changes the output: False; the mask has a slope: False
ViT, attention sdpa: masking all heads changes the output: False; the mask has a slope: False
ViT, attention eager: masking all heads changes the output: False; the mask has a slope: False
SEEN
echo "As described."
