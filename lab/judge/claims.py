"""What the prototype's authors said of the models they tried, and whether their files bear it out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    system: str
    models: tuple[str, ...]
    """Names in a report that are this system: the first of them that is ready is set beside the claim."""
    claimed: str
    traceable: str


CLAIMS = (
    Claim(
        system="FER",
        models=("fer", "fer-litert", "fer-int8", "fer-mirrored"),
        claimed="72.3 %",
        traceable="no: computed nowhere in their notebooks",
    ),
    Claim(
        system="DeepFace",
        models=("deepface",),
        claimed="97.5 %",
        traceable="no: computed nowhere in their notebooks; it is DeepFace's figure for recognising persons, "
        "and its emotion network has 57 % on FER2013 by its own author "
        "(sefiks.com/2018/01/01/facial-expression-recognition-with-keras)",
    ),
    Claim(
        system="custom CNN",
        models=("custom-cnn",),
        claimed="no figure known",
        traceable="no: they trained it beside Xception, and their ≈ 60 % is not known to be its figure as well",
    ),
    Claim(
        system="Xception",
        models=("xception",),
        claimed="≈ 60 %",
        traceable="in part: seen while training, on FER2013 mixed with AI Hub; pictures of one person lie on both sides, "
        "the validation pictures were augmented, and AI Hub's were squashed whole instead of cropped to the face",
    ),
    Claim(
        system="EfficientNetB0",
        models=("efficientnetb0",),
        claimed="≈ 60 %",
        traceable="in part: as for Xception; besides, the network was fed x/255 although it rescales by itself, "
        "and its first stage trained with everything frozen",
    ),
)
