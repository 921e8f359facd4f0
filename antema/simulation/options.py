"""What a simulated picture holds and how the microscope sees it: options, and how to draw them."""

import dataclasses

import numpy as np

from ..options import Options, option

KINDS = (
    "sphere",
    "ellipsoid",
    "polyhedron",
    "cube",
    "rod",
    "plate",
    "star",
    "irregular",
    "disc",
    "mixed",
)


@dataclasses.dataclass(frozen=True)
class SimulationOptions(Options):
    """What is in the simulated picture, and how the microscope sees it (all lengths in nm)."""

    rows_px: int = option(512, "Rows", "Height of the picture.", unit="px", limits=(32, 4096))
    columns_px: int = option(512, "Columns", "Width of the picture.", unit="px", limits=(32, 4096))
    nm_per_pixel: float = option(
        0.1, "Pixel size", "Side of a pixel.", unit="nm", limits=(0.005, 50)
    )
    kind: str = option("polyhedron", "Shape", "Shape of the particles.", choices=KINDS)
    count: int = option(24, "Particles", "How many are tried to be placed.", limits=(0, 5000))
    diameter_nm: float = option(
        5.0, "Diameter", "Geometric mean diameter.", unit="nm", limits=(0.05, 50000)
    )
    diameter_gsd: float = option(
        1.15, "Spread", "Geometric standard deviation of the diameters.", limits=(1, 2.5)
    )
    attached: float = option(
        0.2, "Attached", "Share of the particles that are placed at another one.", limits=(0, 1)
    )
    overlap: float = option(
        0.15, "Overlap", "Greatest overlap, as a part of two radii.", limits=(0, 0.9)
    )
    ordered: bool = option(False, "Ordered", "Particles lie in a hexagonal layer.")
    phase_rad_per_nm: float = option(
        0.17,
        "Phase",
        "Phase shift: 0.00653 rad/(V nm) at 300 kV times the mean inner potential (gold 26 V).",
        unit="rad/nm",
        limits=(0, 0.3),
    )
    absorption_per_nm: float = option(
        0.12, "Absorption", "Loss of intensity in a particle.", unit="1/nm", limits=(0, 5)
    )
    contrast_spread: float = option(
        0.3,
        "Diffraction contrast",
        "Log-normal spread, from particle to particle, of the absorption.",
        limits=(0, 1.5),
    )
    bend: float = option(
        0.1, "Bend contours", "Unevenness of the contrast inside a particle.", limits=(0, 1)
    )
    core: float = option(
        0.0,
        "Core",
        "Inner body as a part of the diameter: absorbs more (core-shell) if `core_contrast` > 0.",
        limits=(0, 0.95),
    )
    core_contrast: float = option(
        0.0,
        "Core contrast",
        "Absorption of the inner body beyond the outer one's, in units of it; -1 is hollow.",
        limits=(-1, 20),
    )
    speckle: float = option(
        0.0, "Speckle", "Grain inside the particles: porous or assembled ones.", limits=(0, 1)
    )
    ligand_nm: float = option(
        0.0, "Ligand shell", "Thickness of a faint shell around.", unit="nm", limits=(0, 500)
    )
    fringe_nm: float = option(
        0.235, "Lattice", "Spacing of the lattice planes.", unit="nm", limits=(0.1, 1)
    )
    fringe_strength: float = option(
        0.2, "Fringes", "Modulation of the phase by lattice planes.", limits=(0, 1)
    )
    support_nm: float = option(
        5.0, "Support", "Thickness of the amorphous carbon.", unit="nm", limits=(0, 2000)
    )
    support_waves: float = option(
        0.05, "Uneven support", "Slow variation of the support's absorption.", limits=(0, 1)
    )
    support_holes: float = option(
        0.0, "Holes", "Part of the picture where the support is missing.", limits=(0, 0.8)
    )
    aggregate_nm: float = option(
        0.0,
        "Carbon black",
        "Diameter of the bodies of a thick support (carbon black, polymer) under the particles.",
        unit="nm",
        limits=(0, 20000),
    )
    aggregate_depth: float = option(
        0.3, "Its darkness", "Optical depth of one such body in its middle.", limits=(0, 2)
    )
    support_depth: float = option(
        0.1, "Film", "Optical depth of the film around holes.", limits=(0, 2)
    )
    sheets: int = option(
        0, "Sheets", "Crumpled sheets under the particles: torn film, graphene.", limits=(0, 40)
    )
    sheet_depth: float = option(
        0.1, "Their darkness", "Optical depth of one sheet; folds have more.", limits=(0, 2)
    )
    debris: float = option(0.0, "Debris", "Faint unlabelled blobs, per particle.", limits=(0, 10))
    voltage_kv: float = option(300.0, "Voltage", "Voltage.", unit="kV", limits=(30, 1000))
    defocus_nm: float = option(
        -50.0, "Defocus", "Negative is underfocus.", unit="nm", limits=(-50000, 50000)
    )
    cs_mm: float = option(
        0.6, "Spherical aberration", "Cs of the objective.", unit="mm", limits=(-0.05, 5)
    )
    focal_spread_nm: float = option(
        4.0, "Focal spread", "Standard deviation.", unit="nm", limits=(0, 100)
    )
    convergence_mrad: float = option(
        0.3, "Convergence", "Half angle of the illumination.", unit="mrad", limits=(0, 10)
    )
    drift_nm: float = option(
        0.04, "Drift", "Standard deviation of movement.", unit="nm", limits=(0, 100)
    )
    gradient: float = option(
        0.05, "Uneven illumination", "Change of brightness over the picture.", limits=(0, 1)
    )
    dose: float = option(
        300.0,
        "Dose",
        "Electrons per pixel; 0 means without noise.",
        unit="1/px",
        limits=(0, 1e6),
    )
    camera_blur_px: float = option(
        0.5, "Camera blur", "Point spread of the camera.", unit="px", limits=(0, 5)
    )
    stripes: float = option(
        0.0, "Stripes", "Relative gain error of the rows or columns.", limits=(0, 0.5)
    )
    furniture: bool = option(False, "Scale bar", "Draw a scale bar and a panel letter.")


def ideal_options(**changes: object) -> SimulationOptions:
    """Options of a picture without support, aberration or noise: areas follow from geometry."""
    plain = {
        "kind": "disc",
        "attached": 0.0,
        "contrast_spread": 0.0,
        "bend": 0.0,
        "phase_rad_per_nm": 0.0,
        "fringe_strength": 0.0,
        "support_nm": 0.0,
        "support_waves": 0.0,
        "cs_mm": 0.0,
        "defocus_nm": 0.0,
        "focal_spread_nm": 0.0,
        "convergence_mrad": 0.0,
        "drift_nm": 0.0,
        "gradient": 0.0,
        "dose": 0.0,
        "camera_blur_px": 0.0,
    }
    return SimulationOptions(**(plain | changes))  # type: ignore[arg-type]


def sample_options(
    rng: np.random.Generator, rows_px: int = 512, columns_px: int = 512
) -> SimulationOptions:
    """Draw options that spread everything widely: what training sees.

    Sizes run from 4 px to six tenths of the picture, contrasts from hardly visible to black, in
    one picture; pixels from 0.02 to 2 nm; doses from noisy to clean. Six tenths are special:
    particles of 1 to 3.5 nm at low dose, metal known by its lattice rather than its darkness,
    particles on carbon black, on crumpled sheets, clean pictures with sharp edges, and nearly empty
    ones.
    """
    options = _sample_any(rng, rows_px, columns_px)
    special = rng.random()
    for share, change in (
        (0.12, _at_low_dose),
        (0.12, _at_high_resolution),
        (0.08, _on_carbon_black),
        (0.08, _on_sheets),
        (0.12, _clean),
        (0.08, _nearly_empty),
    ):
        if special < share:
            return change(rng, options)
        special -= share
    return options


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _count(area_px: int, diameter_px: float, cover: float) -> int:
    """Return how many particles cover that part of a picture of so many pixels."""
    return int(np.clip(cover * area_px / (0.785 * diameter_px**2), 1, 350))


def _dose_to_see(options: SimulationOptions, contrast: float, diameter_px: float) -> float:
    """Return the dose of the options, or what particles of this optical depth and size need."""
    return float(max(options.dose, (12 / contrast / min(diameter_px, 24)) ** 2))


def _at_low_dose(rng: np.random.Generator, options: SimulationOptions) -> SimulationOptions:
    """Small metal particles at high resolution, 0.35 to 2 times as strong as a pixel's noise."""
    pixel = log_uniform(rng, 0.03, 0.12)
    diameter = rng.uniform(1, 3.5)
    absorption = log_uniform(rng, 0.06, 0.2)
    contrast = 1 - np.exp(-absorption * diameter)
    return dataclasses.replace(
        options,
        nm_per_pixel=pixel,
        diameter_nm=diameter,
        kind=str(rng.choice(["polyhedron", "sphere", "ellipsoid", "irregular"])),
        count=_count(
            options.rows_px * options.columns_px, diameter / pixel, rng.uniform(0.05, 0.4)
        ),
        phase_rad_per_nm=rng.uniform(0.05, 0.17),
        absorption_per_nm=absorption,
        contrast_spread=rng.uniform(0, 0.5),
        core=0.0,
        ligand_nm=0.0,
        support_nm=log_uniform(rng, 0.3, 5),
        support_holes=0.0,
        defocus_nm=-log_uniform(rng, 5, 100),
        drift_nm=rng.uniform(0.1, 0.6) * pixel,
        dose=float((log_uniform(rng, 0.35, 2) / contrast) ** 2),
        stripes=0.0,
    )


def _at_high_resolution(rng: np.random.Generator, options: SimulationOptions) -> SimulationOptions:
    """Metal seen without an objective aperture: strong phase and fringes, hardly any absorption."""
    pixel = log_uniform(rng, 0.018, 0.14)
    side = min(options.rows_px, options.columns_px)
    diameter = min(log_uniform(rng, 1.5, 15), 0.6 * side * pixel)
    absorption = max(log_uniform(rng, 0.008, 0.08), 0.05 / diameter)
    spread = rng.uniform(0.1, 0.8)
    visible = absorption * diameter * np.exp(-spread) * min(diameter / pixel, 24)
    return dataclasses.replace(
        options,
        nm_per_pixel=pixel,
        diameter_nm=diameter,
        diameter_gsd=1 + rng.uniform(0, 0.3),
        kind=str(rng.choice(["polyhedron", "sphere", "ellipsoid", "irregular", "mixed"])),
        count=_count(
            options.rows_px * options.columns_px, diameter / pixel, rng.uniform(0.03, 0.5)
        ),
        phase_rad_per_nm=rng.uniform(0.06, 0.17),
        absorption_per_nm=absorption,
        contrast_spread=spread,
        bend=rng.uniform(0, 0.5),
        core=0.0,
        fringe_nm=rng.uniform(0.14, 0.3),
        fringe_strength=rng.uniform(0.1, 0.9),
        support_nm=log_uniform(rng, 0.5, 10),
        support_holes=0.0,
        cs_mm=float(rng.choice([0.005, 0.02, 0.6, 1.2])),
        defocus_nm=log_uniform(rng, 4, 120) * float(rng.choice([-1, -1, -1, 1])),
        drift_nm=rng.uniform(0.01, 0.06),
        gradient=rng.uniform(0, 0.2),
        dose=float(max(log_uniform(rng, 20, 4000), (5 / visible) ** 2)),
        stripes=log_uniform(rng, 0.003, 0.03) if rng.random() < 0.1 else 0.0,
    )


def _on_carbon_black(rng: np.random.Generator, options: SimulationOptions) -> SimulationOptions:
    """Small particles on bodies many times their size and not so dark: catalysts on carbon."""
    side = min(options.rows_px, options.columns_px)
    diameter_px = log_uniform(rng, 5, max(0.12 * side, 6))
    contrast = log_uniform(rng, 0.25, 3)
    diameter = diameter_px * options.nm_per_pixel
    across = log_uniform(rng, 4 * diameter_px, max(0.7 * side, 4 * diameter_px))
    return dataclasses.replace(
        options,
        diameter_nm=diameter,
        kind=str(rng.choice(["sphere", "ellipsoid", "polyhedron", "cube", "rod", "irregular"])),
        count=_count(options.rows_px * options.columns_px, diameter_px, rng.uniform(0.01, 0.12)),
        ordered=False,
        absorption_per_nm=min(contrast / diameter, 5.0),
        contrast_spread=rng.uniform(0, 0.4),
        core=0.0,
        support_holes=0.0,
        dose=_dose_to_see(options, contrast, diameter_px),
        aggregate_nm=across * options.nm_per_pixel,
        aggregate_depth=contrast * rng.uniform(0.08, 0.6),
    )


def _on_sheets(rng: np.random.Generator, options: SimulationOptions) -> SimulationOptions:
    """Particles on crumpled sheets with sharp edges and folds, which are no particles."""
    contrast = log_uniform(rng, 0.3, 4)
    diameter_px = options.diameter_nm / options.nm_per_pixel
    return dataclasses.replace(
        options,
        kind=str(rng.choice(["sphere", "ellipsoid", "polyhedron", "cube", "rod", "irregular"])),
        count=int(rng.integers(0, 8)) if rng.random() < 0.4 else options.count,
        absorption_per_nm=min(contrast / options.diameter_nm, 5.0),
        contrast_spread=rng.uniform(0, 0.3),
        core=0.0,
        ligand_nm=0.0,
        support_holes=0.0,
        dose=_dose_to_see(options, contrast, diameter_px),
        sheets=int(rng.integers(1, 9)),
        sheet_depth=contrast * log_uniform(rng, 0.03, 0.25),
    )


def _nearly_empty(rng: np.random.Generator, options: SimulationOptions) -> SimulationOptions:
    """Few particles or none on an uneven support, whose dark places and grain are none."""
    contrast = log_uniform(rng, 0.3, 4)
    diameter_px = log_uniform(rng, 8, 80)
    diameter = diameter_px * options.nm_per_pixel
    return dataclasses.replace(
        options,
        diameter_nm=diameter,
        count=int(rng.integers(0, 5)),
        ordered=False,
        absorption_per_nm=min(contrast / diameter, 5.0),
        contrast_spread=rng.uniform(0, 0.3),
        core=0.0,
        ligand_nm=0.0,
        support_holes=0.0,
        support_waves=log_uniform(rng, 0.01, 0.2),
        debris=0.0,
        gradient=rng.uniform(0, 0.3),
        dose=_dose_to_see(options, contrast, diameter_px),
    )


def _clean(rng: np.random.Generator, options: SimulationOptions) -> SimulationOptions:
    """Pictures without visible noise or grain: their outlines are exact."""
    sharp = rng.random() < 0.4
    return dataclasses.replace(
        options,
        kind=str(rng.choice(["disc", "disc", "disc", "disc", "sphere", "cube", "plate", "rod"])),
        absorption_per_nm=min(log_uniform(rng, 0.15, 5) / options.diameter_nm, 5.0),
        contrast_spread=rng.uniform(0, 0.3),
        bend=0.0,
        core=0.0,
        speckle=0.0,
        ligand_nm=0.0,
        phase_rad_per_nm=0.0 if sharp or rng.random() < 0.5 else options.phase_rad_per_nm,
        fringe_strength=0.0,
        support_nm=0.0,
        support_waves=0.0,
        support_holes=0.0,
        debris=0.0,
        gradient=rng.uniform(0, 0.1),
        drift_nm=0.0 if sharp else options.drift_nm,
        dose=log_uniform(rng, 2e2, 1e6) if rng.random() < 0.7 else 0.0,
        camera_blur_px=0.0 if sharp else options.camera_blur_px,
        stripes=0.0,
    )


def _sample_any(rng: np.random.Generator, rows_px: int, columns_px: int) -> SimulationOptions:
    """Draw all options independently, as far as the particles can then be seen."""

    def between(low: float, high: float) -> float:
        return log_uniform(rng, low, high)

    def sometimes(chance: float, value: float) -> float:
        return value if rng.random() < chance else 0.0

    side = min(rows_px, columns_px)
    high_resolution = rng.random() < 0.5
    pixel = between(0.02, 0.25) if high_resolution else between(0.2, 2.5)
    diameter_px = between(5, 0.6 * side) if rng.random() < 0.8 else between(4, 24)
    diameter = diameter_px * pixel
    cover = rng.uniform(0.02, 0.35) if rng.random() < 0.8 else rng.uniform(0.35, 0.75)
    ordered = rng.random() < 0.12
    count = _count(rows_px * columns_px, diameter_px, cover)
    if ordered:
        count = int(count * rng.uniform(1, 2)) + 3
    contrast = between(0.06, 5)  # optical depth of a typical particle
    hollow = rng.random()
    core, core_contrast = 0.0, 0.0
    if hollow < 0.08:
        core, core_contrast = rng.uniform(0.4, 0.9), rng.uniform(-1, -0.4)
    elif hollow < 0.2:
        core, core_contrast = rng.uniform(0.2, 0.85), between(0.3, 15)
        contrast = between(0.1, 0.6)
    kind = str(
        rng.choice(
            [*KINDS[:8], "mixed"],
            p=[0.18, 0.12, 0.22, 0.08, 0.12, 0.06, 0.03, 0.14, 0.05],
        )
    )
    spread = sometimes(0.75, rng.uniform(0.1, 0.9))
    phase = rng.uniform(0.2, 1) * min(0.17, 2.5 / diameter) if rng.random() < 0.8 else 0.0
    defocus = -between(5, 150) if high_resolution else -between(50, 6000)
    if rng.random() < 0.15:
        defocus = -0.4 * defocus
    # The faint particles of a picture must still be seen against its noise and its grain.
    visible = (1 - np.exp(-contrast * np.exp(-spread))) * min(diameter_px, 24)
    grain = between(0.3, 40) if high_resolution else between(1, 300)
    grain = min(grain, (visible / 8 * pixel / 0.0078) ** 2)
    dose = max(between(8, 5000), (7 / visible) ** 2)
    ordered_gsd = rng.uniform(1, 1.1)
    return SimulationOptions(
        rows_px=rows_px,
        columns_px=columns_px,
        nm_per_pixel=pixel,
        kind=kind,
        count=count,
        diameter_nm=diameter,
        diameter_gsd=ordered_gsd if ordered else 1 + sometimes(0.85, rng.uniform(0.02, 0.6)),
        attached=sometimes(0.7, rng.uniform(0.05, 0.95)),
        overlap=rng.uniform(0, 0.5) ** 1.5,
        ordered=ordered,
        phase_rad_per_nm=phase,
        absorption_per_nm=min(contrast / diameter, 5.0),
        contrast_spread=spread,
        bend=sometimes(0.6, rng.uniform(0, 0.6)),
        core=core,
        core_contrast=core_contrast,
        speckle=sometimes(0.15, rng.uniform(0.1, 0.6)),
        ligand_nm=sometimes(0.15, min(rng.uniform(0.05, 0.4) * diameter, 500.0)),
        fringe_nm=rng.uniform(0.14, 0.35),
        fringe_strength=sometimes(0.8, rng.uniform(0.05, 0.8)),
        support_nm=sometimes(0.93, grain),
        support_waves=sometimes(0.5, rng.uniform(0, 0.12) ** 1.3),
        support_holes=sometimes(0.12, rng.uniform(0.05, 0.7)),
        support_depth=between(0.02, 0.8),
        debris=sometimes(0.3, rng.uniform(0, 1.5)),
        voltage_kv=float(rng.choice([80, 120, 200, 300])),
        defocus_nm=defocus,
        cs_mm=float(rng.choice([0.005, 0.6, 1.2, 2.0])),
        focal_spread_nm=rng.uniform(2, 8),
        convergence_mrad=rng.uniform(0.02, 0.6),
        drift_nm=rng.uniform(0.1, 0.6) * pixel,
        gradient=sometimes(0.8, rng.uniform(0, 0.35)),
        dose=float(min(dose, 1e6)),
        camera_blur_px=sometimes(0.85, rng.uniform(0.3, 1.6)),
        stripes=sometimes(0.1, between(0.003, 0.06)),
        furniture=bool(rng.random() < 0.25),
    )
